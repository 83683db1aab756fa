from django.urls import path

from order_history.api.views import MyProductsView, ProductsOfUserView

urlpatterns = [
    path("me/products/", MyProductsView.as_view(), name="my-ordered-products"),
    path("users/<uuid:user_id>/products/", ProductsOfUserView.as_view(), name="ordered-products"),
]
