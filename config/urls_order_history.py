"""The addresses of the order history alone."""

from django.urls import include, path

from order_history.health import livez, readyz

urlpatterns = [
    path("api/v1/order-history/", include("order_history.api.urls")),
    path("", include("order_history.pages.urls")),
    path("livez", livez),
    path("readyz", readyz),
]
