"""The addresses of the whole shop."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from event_bus.metrics import metrics
from event_bus.status.api import StatusView
from event_bus.timeline.api import TimelineView
from order_history.health import livez, readyz
from products.serving import picture
from products.thumbnails import thumbnail

urlpatterns: list[URLPattern | URLResolver] = [
    # First: what is asked most often, and every address above it would be tried before.
    path("api/v1/order-history/", include("order_history.api.urls")),
    path("admin/event-bus/", include("event_bus.admin_urls")),
    # The admin's own form would write back the whole row as it was when the request began.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("products.api.urls")),
    path("api/v1/", include("users.api.urls")),
    path("api/v1/", include("orders.api.urls")),
    path("api/v1/", include("rest.urls")),
    path("api/v1/event-bus/timeline/", TimelineView.as_view(), name="timeline"),
    path("", include("products.pages.urls")),
    path("", include("users.pages.urls")),
    path("", include("orders.pages.urls")),
    path("", include("order_history.pages.urls")),
    path("api/v1/event-bus/status/", StatusView.as_view(), name="bus_status"),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
]

if settings.MEDIA_URL.startswith("/"):  # nobody else serves the pictures
    media = settings.MEDIA_URL.lstrip("/")
    urlpatterns.append(path(f"{media}thumbnails/<int:width>/<path:path>.webp", thumbnail))
    urlpatterns.append(path(f"{media}<path:path>", picture))
