"""The catalogue over HTTP: everybody reads, staff write."""

import re
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from rest_framework import permissions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from event_bus.consistency import HEADER, ConsistencyToken
from products import operations
from products.api.documentation import documented
from products.api.queries import ProductQuery
from products.api.serializers import (
    ProductFormToChange,
    ProductFormToCreate,
    ProductSerializer,
    ProductToChange,
    ProductToCreate,
)
from products.models import AlreadyWithdrawn, Product, ProductQuerySet
from rest.conditional import is_held
from rest.pagination import answer_with
from rest.parsers import JSONObjectParser
from rest.problems import Conflict, PreconditionFailed


class StaffWrite(permissions.BasePermission):
    """Everybody may read, staff may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in permissions.SAFE_METHODS or bool(request.user and request.user.is_staff)


@documented
class ProductViewSet(viewsets.GenericViewSet):
    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    permission_classes = [StaffWrite]
    parser_classes = [JSONObjectParser, MultiPartParser]
    pagination_class = None
    filter_backends = []
    lookup_value_converter = "uuid"

    def get_queryset(self) -> ProductQuerySet:
        """A list shows what can be ordered, to staff everything; a single product can always be looked up."""
        if self.action == "list" and not self.request.user.is_staff:
            return Product.objects.on_offer()
        return Product.objects.all()

    def list(self, request: Request) -> Response:
        page = ProductQuery.read(request).read_page_of(self.get_queryset())
        return answer_with(page, request, ProductSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        product = self.get_object()
        if is_held(request, _etag(product)):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": _etag(product)})
        return Response(self.get_serializer(product).data, headers={"ETag": _etag(product)})

    def create(self, request: Request) -> Response:
        given = (ProductFormToCreate if _is_form(request) else ProductToCreate)(data=request.data)
        given.is_valid(raise_exception=True)
        return self._written(operations.create_product(**given.validated_data), status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: UUID) -> Response:
        kind = ProductFormToChange if _is_form(request) else ProductToChange
        given = kind(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        product = operations.change_product(
            product_id=pk, expected_version=_expected_version(request), **given.validated_data
        )
        return self._written(product)

    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        product = operations.withdraw_product(
            product_id=pk, at=timezone.now(), expected_version=_expected_version(request)
        )
        return self._written(product)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(_as_http(exc))

    def _written(self, product: Product, status_code: int = status.HTTP_200_OK) -> Response:
        token = ConsistencyToken("products", product.id, product.version)
        headers = {"ETag": _etag(product), HEADER: str(token)}
        return Response(self.get_serializer(product).data, status=status_code, headers=headers)


def _is_form(request: Request) -> bool:
    return isinstance(request.data, QueryDict)


def _etag(product: Product) -> str:
    return f'"{product.version}"'


def _expected_version(request: Request) -> int | None:
    """The version that `If-Match` asks for. Raises PreconditionFailed for one that no product can have."""
    wanted = request.headers.get("If-Match", "*").strip()
    if wanted == "*":
        return None
    if match := re.fullmatch(r'"([0-9]{1,10})"', wanted):
        return int(match[1])
    raise PreconditionFailed('If-Match must be an ETag of the product, such as "3"')


def _as_http(error: Exception) -> Exception:
    match error:
        case Product.DoesNotExist():
            return NotFound()
        case operations.ProductInvalid():
            return serializers.ValidationError(error.message_dict)
        case operations.StaleVersion():
            return PreconditionFailed(str(error))
        case AlreadyWithdrawn():
            return Conflict(str(error))
    return error
