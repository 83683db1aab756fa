"""The pages of the bus inside the admin, below admin/event-bus/."""

from django.contrib import admin
from django.urls import path

from event_bus.status_page.views import status_page
from event_bus.timeline.page import timeline_page

app_name = "event_bus_admin"

urlpatterns = [
    path("", admin.site.admin_view(status_page), name="status"),
    path("timeline/", admin.site.admin_view(timeline_page), name="timeline"),
]
