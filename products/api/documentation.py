"""What the OpenAPI document says of the catalogue."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)

from products.api.queries import ProductQuery
from products.api.serializers import (
    ProductFormToChange,
    ProductFormToCreate,
    ProductSerializer,
    ProductToChange,
    ProductToCreate,
)
from rest.openapi import CONSISTENCY_TOKEN, IF_NONE_MATCH, NOT_MODIFIED, page_of, problem_response

ETAG = OpenApiParameter(
    "ETag", location="header", response=[200, 201, 304], description="The product's version, for `If-Match`."
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    location="header",
    pattern=r'^(\*|"[0-9]{1,9}")$',
    description="The `ETag` that you know: the product is left alone if it has changed since (412).",
)
LAMP = OpenApiExample("A lamp", {"title": "Lamp", "price": "12.50"}, request_only=True)
STALE = problem_response(412)

documented = extend_schema_view(
    list=extend_schema(
        summary="Look through the catalogue",
        description="What is on offer; staff see what is withdrawn, too. Prices are compared as numbers, whatever "
        "their currency: say which.",
        parameters=[ProductQuery],
        responses=page_of(ProductSerializer),
    ),
    retrieve=extend_schema(
        summary="Look up a product",
        description="A withdrawn one too: who ordered it can still look at it.",
        parameters=[IF_NONE_MATCH, ETAG],
        responses={200: ProductSerializer, 304: NOT_MODIFIED},
    ),
    create=extend_schema(
        summary="Add a product",
        description="Staff only. A picture is drawn anew, so that nothing else of the file is kept.",
        request={"application/json": ProductToCreate, "multipart/form-data": ProductFormToCreate},
        parameters=[ETAG, CONSISTENCY_TOKEN],
        responses={201: ProductSerializer},
        examples=[LAMP],
    ),
    partial_update=extend_schema(
        summary="Change a product",
        description="Staff only. What changes nothing makes no new version.",
        request={
            "application/json": ProductToChange(partial=True),
            "multipart/form-data": ProductFormToChange(partial=True),
        },
        parameters=[IF_MATCH, ETAG, CONSISTENCY_TOKEN],
        responses=dict([(200, OpenApiResponse(ProductSerializer)), STALE]),
        examples=[LAMP],
    ),
    withdraw=extend_schema(
        summary="Sell a product no longer",
        description="Staff only. Those who ordered it still see it.",
        request=None,
        parameters=[IF_MATCH, ETAG, CONSISTENCY_TOKEN],
        responses=dict([(200, OpenApiResponse(ProductSerializer)), problem_response(409), STALE]),
    ),
)
