"""The pages of the bus inside the admin, below admin/event-bus/."""

from django.contrib import admin
from django.urls import path

from event_bus.timeline.page import timeline_page

app_name = "event_bus_admin"

urlpatterns = [
    path("timeline/", admin.site.admin_view(timeline_page), name="timeline"),
]
