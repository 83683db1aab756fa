"""The shop's addresses and the contenders'; each service's process answers for its own alone."""

from django.urls import include, path

from benchmarks.speed.query.composed import ComposedView
from benchmarks.speed.query.constant import ConstantView
from benchmarks.speed.query.joined import JoinedView
from benchmarks.speed.query.services import OrdersService, ProductsService, UsersService

urlpatterns = [
    path("joined/users/<uuid:user_id>/products/", JoinedView.as_view()),
    path("composed/users/<uuid:user_id>/products/", ComposedView.as_view()),
    path("constant/users/<uuid:user_id>/products/", ConstantView.as_view()),
    path("services/users/", UsersService.as_view()),
    path("services/orders/", OrdersService.as_view()),
    path("services/products/", ProductsService.as_view()),
    path("", include("config.urls")),
]
