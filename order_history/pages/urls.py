from django.urls import path

from order_history.pages.views import your_products
from storefront.addresses import YOUR_PRODUCTS

urlpatterns = [path(YOUR_PRODUCTS.lstrip("/"), your_products, name="your-products")]
