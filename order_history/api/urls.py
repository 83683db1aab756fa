from django.urls import path

from order_history.api.views import OrderedProductsView

urlpatterns = [
    path("users/<uuid:user_id>/products/", OrderedProductsView.as_view(), name="ordered-products"),
]
