"""What the OpenAPI document says of orders."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from orders.api.problems import IdempotencyKeyReused, ProductsNotAvailable
from orders.api.queries import OrderQuery
from orders.api.serializers import OrderSerializer, OrderToPlace
from rest.openapi import CONSISTENCY_TOKEN, page_of, problem_response

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    location="header",
    pattern="^[!-~]{1,200}$",
    description="Your name for this order, so that asking again after a lost answer orders nothing more.",
)
TWO_TEAPOTS = OpenApiExample(
    "Two teapots",
    {"lines": [{"product_id": "c916936f-9490-5fa1-b01d-aaf2e1cf57e3", "quantity": 2}]},
    request_only=True,
)

documented = extend_schema_view(
    list=extend_schema(
        summary="Look through your orders",
        description="Your own, newest first.",
        parameters=[OrderQuery],
        responses=page_of(OrderSerializer),
    ),
    retrieve=extend_schema(
        summary="Look up an order",
        description="Your own; staff can look up any.",
        responses=OrderSerializer,
    ),
    create=extend_schema(
        summary="Place an order",
        description="At today's prices, which stay what they are in the order.",
        request=OrderToPlace,
        parameters=[IDEMPOTENCY_KEY, CONSISTENCY_TOKEN],
        responses=dict(
            [
                (201, OpenApiResponse(OrderSerializer, description="Placed.")),
                (200, OpenApiResponse(OrderSerializer, description="Placed earlier, under this key.")),
                problem_response(400, "invalid", "malformed", ProductsNotAvailable),
                problem_response(422, IdempotencyKeyReused),
            ]
        ),
        examples=[TWO_TEAPOTS],
    ),
    cancel=extend_schema(
        summary="Cancel an order",
        description="Within 14 days. Your own; staff can cancel any.",
        request=None,
        parameters=[CONSISTENCY_TOKEN],
        responses=dict([(200, OpenApiResponse(OrderSerializer)), problem_response(409)]),
    ),
)
