"""Users, orders and products as services of their own: one query for however many are asked for at once."""

from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from orders.models import OrderLine
from products.models import Product
from users.models import User


class Service(APIView):
    authentication_classes = [JWTStatelessUserAuthentication]

    def get(self, request: Request) -> Response:
        return Response({"results": self.of([UUID(id) for id in request.query_params["ids"].split(",")])})

    def of(self, ids: list[UUID]) -> list[dict[str, Any]]:
        raise NotImplementedError


class UsersService(Service):
    def of(self, ids: list[UUID]) -> list[dict[str, Any]]:
        rows = User.objects.filter(id__in=ids).values_list("id", "erased_at")
        return [{"id": str(id), "erased": erased_at is not None} for id, erased_at in rows]


class OrdersService(Service):
    """What these users have ordered: each order with its lines, and no more than is needed of them."""

    def of(self, ids: list[UUID]) -> list[dict[str, Any]]:
        lines = OrderLine.objects.filter(order__user_id__in=ids, order__cancelled_at=None)
        rows = lines.order_by("order_id").values_list(
            "order_id", "order__placed_at", "product_id", "quantity"
        )
        return [_order(id, at, list(group)) for (id, at), group in groupby(rows, key=itemgetter(0, 1))]


def _order(id: UUID, placed_at: datetime, lines: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "id": str(id),
        "placed_at": placed_at.isoformat(),
        "lines": [{"product_id": str(line[2]), "quantity": line[3]} for line in lines],
    }


class ProductsService(Service):
    def of(self, ids: list[UUID]) -> list[dict[str, Any]]:
        rows = Product.objects.filter(id__in=ids).values_list("id", "title", "image")
        return [{"id": str(id), "title": title, "image": image} for id, title, image in rows]
