"""The addresses of the order history alone."""

from django.urls import include, path

from event_bus.metrics import metrics
from event_bus.status.api import StatusView
from order_history.health import livez, readyz

urlpatterns = [
    path("api/v1/order-history/", include("order_history.api.urls")),
    path("", include("order_history.pages.urls")),
    path("api/v1/event-bus/status/", StatusView.as_view(), name="bus_status"),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
]
