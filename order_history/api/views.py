"""Step 5 of the way of an order: rows become the answer, with nobody's help."""

import time
from uuid import UUID

from django.http import Http404, HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from order_history.api.answering import answer
from order_history.api.documentation import documented
from order_history.api.queries import HistoryQuery
from order_history.replica import read


class HistoryView(APIView):
    """What one user has ordered. A signature is checked, nobody is looked up: it answers while all else is down."""

    authentication_classes = [JWTStatelessUserAuthentication]

    def history_of(self, user_id: UUID) -> HttpResponse:
        query, asked_at = HistoryQuery.read(self.request), time.monotonic()
        return read(lambda: self._answer(query, user_id, asked_at))

    def _answer(self, query: HistoryQuery, user_id: UUID, asked_at: float) -> HttpResponse:
        applied = query.wait_until_applied(user_id, since=asked_at)
        return answer(self.request, query.read_page(user_id), applied=applied)


class MyProductsView(HistoryView):
    """The title and image of every product that you have ever ordered, newest first."""

    @documented
    def get(self, request: Request) -> HttpResponse:
        return self.history_of(_who_asks(request))


class ProductsOfUserView(HistoryView):
    """The title and image of every product that the user has ever ordered, newest first.

    Users see their own, staff see anyone's; for everybody else there is nothing here (404).
    """

    @documented
    def get(self, request: Request, user_id: UUID) -> HttpResponse:
        if _who_asks(request) != user_id and not request.user.is_staff:
            raise Http404
        return self.history_of(user_id)


def _who_asks(request: Request) -> UUID:
    try:
        return UUID(str(request.user.pk))
    except ValueError:
        raise AuthenticationFailed("The token names no user of this shop.", "no_such_user") from None
