"""Tokens that people sign in with: given out in pairs, refreshed once, revoked together."""

from typing import Any, TypedDict, cast
from uuid import UUID

from django.db import transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from users.models import User


class TokenPair(TypedDict):
    access: str
    refresh: str


def access_token_for(user: User) -> AccessToken:
    """What a signature alone has to say: who it is, and whether they are staff."""
    token: AccessToken = AccessToken.for_user(user)
    token["is_staff"] = user.is_staff
    return token


def pair_for(user: User) -> TokenPair:
    return {"access": str(access_token_for(user)), "refresh": str(RefreshToken.for_user(user))}


@transaction.atomic
def first_pair(proved: User) -> TokenPair:
    """For somebody who has just proved who they are, with the password that `proved` has.

    Raises User.DoesNotExist if another one holds by now, or they may no longer sign in.
    """
    # Whoever sets a password revokes all tokens: either before this, or once it is done.
    user = User.objects.select_for_update().get(id=proved.id, is_active=True, password=proved.password)
    return pair_for(user)


@transaction.atomic
def refresh_pair(refresh: str) -> TokenPair:
    """A new pair for a refresh token, which is used up. It says what the user is now.

    Raises TokenError, or User.DoesNotExist if the user may no longer sign in.
    """
    token = _parsed(refresh)
    # Whoever revokes all tokens of the user waits for this lock, and then finds the new one too.
    user = User.objects.select_for_update().get(id=token["user_id"], is_active=True)
    _blacklist(token)
    return pair_for(user)


def revoke(refresh: str) -> None:
    """Raises TokenError if it is no valid refresh token, or not any more."""
    _blacklist(_parsed(refresh))


def revoke_all_of(user_id: UUID) -> None:
    """Sign out everywhere. Access tokens live on for the few minutes that they have."""
    outstanding = OutstandingToken.objects.filter(user_id=user_id, blacklistedtoken=None)
    BlacklistedToken.objects.bulk_create(
        [BlacklistedToken(token=token) for token in outstanding], ignore_conflicts=True
    )


def _parsed(refresh: str) -> RefreshToken:
    """Raises TokenError."""
    return RefreshToken(cast(Any, refresh))


def _blacklist(token: RefreshToken) -> None:
    row_and_whether_new: Any = token.blacklist()  # the annotation there names the row alone
    if not row_and_whether_new[1]:
        raise TokenError("Token is blacklisted")
