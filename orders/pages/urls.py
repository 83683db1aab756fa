from django.urls import path

from orders.pages.basket import add, basket, change, place
from orders.pages.orders import cancel, order, orders

urlpatterns = [
    path("basket/", basket, name="basket"),
    path("basket/add/", add, name="add-to-basket"),
    path("basket/change/", change, name="change-basket"),
    path("basket/order/", place, name="place-order"),
    path("orders/", orders, name="orders"),
    path("orders/<uuid:order_id>/", order, name="order"),
    path("orders/<uuid:order_id>/cancel/", cancel, name="cancel-order"),
]
