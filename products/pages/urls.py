from django.urls import path

from products.pages.views import catalogue, product

urlpatterns = [
    path("", catalogue, name="catalogue"),
    path("products/<uuid:product_id>/", product, name="product"),
]
