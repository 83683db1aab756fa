"""Orders over HTTP: each customer their own, staff look up and cancel any."""

import re
from typing import Any, cast
from uuid import UUID

from django.utils import timezone
from rest_framework import mixins, permissions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from event_bus.consistency import HEADER, ConsistencyToken
from orders import operations
from orders.api.documentation import documented
from orders.api.problems import IdempotencyKeyReused, ProductsNotAvailable
from orders.api.queries import OrderQuery
from orders.api.serializers import OrderSerializer, OrderToPlace
from orders.models import Order, OrderNotCancellable, OrderQuerySet
from rest.pagination import answer_with
from rest.problems import Conflict, InvalidHeader


@documented
class OrderViewSet(mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    permission_classes = [permissions.IsAuthenticated]
    pagination_class = None
    filter_backends = []
    lookup_value_converter = "uuid"

    def get_queryset(self) -> OrderQuerySet:
        """A list is one's own; a single order staff can look up whosever it is."""
        orders = Order.objects.with_lines()
        if self.action != "list" and self.request.user.is_staff:
            return orders
        return orders.of_user(_customer_id(self.request))

    def list(self, request: Request) -> Response:
        page = OrderQuery.read(request).read_page_of(self.get_queryset())
        return answer_with(page, request, OrderSerializer)

    def create(self, request: Request) -> Response:
        """Places an order; an `Idempotency-Key` seen before gets 200 and the order placed then."""
        given = OrderToPlace(data=request.data)
        given.is_valid(raise_exception=True)
        wish: dict[str, Any] = {
            "user_id": _customer_id(request),
            "lines": given.validated_data["lines"],
            "at": timezone.now(),
        }
        key = _idempotency_key(request)
        order, placed_now = (
            operations.place_order_once(**wish, key=key) if key else (operations.place_order(**wish), True)
        )
        return self._written(order, status.HTTP_201_CREATED if placed_now else status.HTTP_200_OK)

    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        order = operations.cancel_order(order_id=self.get_object().id, at=timezone.now())
        return self._written(order)

    def _written(self, order: Order, status_code: int = status.HTTP_200_OK) -> Response:
        token = ConsistencyToken("orders", order.id, order.version)
        return Response(self.get_serializer(order).data, status=status_code, headers={HEADER: str(token)})

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_http(exc))


def _customer_id(request: Request) -> UUID:
    return cast(UUID, request.user.pk)


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(r"[!-~]{1,200}", key):
        raise InvalidHeader({"Idempotency-Key": "1 to 200 visible ASCII characters"})
    return key


def _as_http(error: Exception) -> Exception:
    match error:
        case operations.OrderInvalid():
            return serializers.ValidationError(error.message_dict)
        case operations.ProductsNotAvailable():
            return ProductsNotAvailable(
                str(error), unknown=list(map(str, error.unknown)), withdrawn=list(map(str, error.withdrawn))
            )
        case operations.KeyUsedForAnotherOrder():
            return IdempotencyKeyReused(str(error))
        case OrderNotCancellable():
            return Conflict(str(error))
    return error
