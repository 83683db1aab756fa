"""Keeps the page cookie in step with the session, wherever a page of the shop looks at the session."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from storefront import visitor


class RememberVisitor:
    """A page that has no use for the session (the order history's) is left alone: it needs no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.session.accessed and visitor.COOKIE not in response.cookies:
            _bring_in_step(request, response)
        return response


def _bring_in_step(request: HttpRequest, response: HttpResponse) -> None:
    known = visitor.visitor_of(request)
    user = request.user
    if isinstance(user, AnonymousUser) or not user.is_authenticated:
        if visitor.COOKIE in request.COOKIES:
            visitor.forget(response)
        return
    now = timezone.now()
    if known is None or known.user_id != user.pk or not known.is_remembered_long_enough(at=now):
        visitor.remember(response, user_id=user.pk, at=now)
