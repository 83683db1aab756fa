"""Who looks at a page: a signed cookie says it, so a page can know without any database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token

COOKIE = "visitor"
LIFETIME = timedelta(hours=1)


class VisitorToken(Token):
    """Opens pages only: it outlives signing out and a new password, so the API does not take it."""

    token_type = COOKIE
    lifetime = LIFETIME


@dataclass(frozen=True)
class Visitor:
    user_id: UUID
    expires_at: datetime

    def is_remembered_long_enough(self, *, at: datetime) -> bool:
        return self.expires_at - at > LIFETIME / 2


def visitor_of(request: HttpRequest) -> Visitor | None:
    """The signed-in user; None without a cookie, or with one that is forged or too old."""
    try:
        text: Any = request.COOKIES.get(COOKIE, "")
        token: Any = VisitorToken(text)
        user_id = UUID(token[settings.SIMPLE_JWT["USER_ID_CLAIM"]])
    except (TokenError, KeyError, ValueError):
        return None
    return Visitor(user_id=user_id, expires_at=datetime.fromtimestamp(token["exp"], UTC))


def remember(response: HttpResponseBase, *, user_id: UUID, at: datetime) -> None:
    """Give the browser a token that no script can read."""
    token = VisitorToken()
    token.set_exp(from_time=at, lifetime=LIFETIME)
    token[settings.SIMPLE_JWT["USER_ID_CLAIM"]] = str(user_id)
    response.set_cookie(
        COOKIE,
        str(token),
        max_age=LIFETIME,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def forget(response: HttpResponseBase) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
