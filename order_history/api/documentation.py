"""What the OpenAPI document says of the history."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from order_history.api.queries import HistoryQuery
from order_history.api.serializers import OrderedProductSerializer
from rest.openapi import IF_NONE_MATCH, NOT_MODIFIED


class PageOfHistorySerializer(serializers.Serializer):
    next = serializers.URLField(allow_null=True, help_text="The next page; null if this is the last one.")
    results = OrderedProductSerializer(many=True)
    complete_as_of = serializers.DateTimeField(
        allow_null=True, help_text="Whatever committed before is in here; null while that is not known."
    )
    applied = serializers.BooleanField(
        allow_null=True, help_text="Whether the write that `after` stands for shows; null if none was named."
    )


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, location="header", response=[200, 304], description=description)


PAGE = OpenApiExample(
    "One product",
    {
        "next": None,
        "results": [
            {
                "product_id": "c916936f-9490-5fa1-b01d-aaf2e1cf57e3",
                "title": "Stoneware Teapot “Rowan”, 1.2 l",
                "image": "/media/products/39570009f876f0ec865d39e649e28618.png",
                "first_ordered_at": "2026-05-30T15:03:32Z",
                "last_ordered_at": "2026-08-29T17:53:48Z",
                "times_ordered": 2,
                "quantity": 4,
            }
        ],
        "complete_as_of": "2026-11-22T23:59:58.120000Z",
        "applied": True,
    },
    response_only=True,
    status_codes=["200"],
)

documented = extend_schema(
    summary="Every product ever ordered, with title and image",
    parameters=[
        HistoryQuery,
        IF_NONE_MATCH,
        _header("ETag", "Of the rows; how fresh they are does not change it."),
        _header("Complete-As-Of", "As `complete_as_of`, and always of now; `unknown` for null."),
        _header("Consistency-Applied", "As `applied`: `true` or `false`; absent if no write was named."),
    ],
    responses={200: OpenApiResponse(PageOfHistorySerializer), 304: NOT_MODIFIED},
    examples=[PAGE],
)
