"""The addresses of the order history alone."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/order-history/", include("order_history.api.urls")),
]
