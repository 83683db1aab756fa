"""Step 5 of the way of an order: rows become the answer, with nobody's help."""

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from event_bus.inbox.freshness import complete_as_of
from order_history.api.pagination import NewestFirstPagination
from order_history.api.serializers import OrderedProductSerializer
from order_history.models import OrderedProduct, OrderedProductQuerySet

SUBSCRIPTION = "order_history"


class OrderedProductsView(ListAPIView[OrderedProduct]):
    """The title and image of every product that the user has ever ordered, newest first.

    Users see their own, staff see anyone's; for everybody else there is nothing here (404).
    `complete_as_of` says up to when the answer is known to be complete.
    """

    # A signature is checked, no user is looked up: this answers while everything else is down.
    authentication_classes = [JWTStatelessUserAuthentication]
    serializer_class = OrderedProductSerializer
    pagination_class = NewestFirstPagination

    def get_queryset(self) -> OrderedProductQuerySet:
        return OrderedProduct.objects.of_user(self._user_id()).with_product()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # Read before the rows are: the answer may be newer than it says, never older.
        as_of = complete_as_of(SUBSCRIPTION)
        response = super().list(request, *args, **kwargs)
        response.data["complete_as_of"] = as_of
        response["Complete-As-Of"] = as_of.isoformat() if as_of else "unknown"
        return response

    def _user_id(self) -> UUID:
        user_id: UUID = self.kwargs["user_id"]
        asking = self.request.user
        if str(asking.pk) != str(user_id) and not asking.is_staff:
            raise Http404
        return user_id
