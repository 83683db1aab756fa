"""Signing in and out, over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework import permissions, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError

from rest.openapi import problem_response
from rest.throttling import SigningIn, SigningInAs
from users import tokens
from users.api.serializers import NOBODY, Refresh, SignIn, TokenPairSerializer
from users.models import User


class TokenView(APIView):
    """For those who have no token yet, or one that has expired: a token in the header is not looked at."""

    authentication_classes = []
    permission_classes = [permissions.AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"  # or DRF would answer 403 instead of 401


class SignInView(TokenView):
    throttle_classes = [SigningIn, SigningInAs]

    @extend_schema(
        summary="Sign in",
        request=SignIn,
        responses=dict([(200, TokenPairSerializer), problem_response(401, "authentication-failed")]),
    )
    def post(self, request: Request) -> Response:
        given = SignIn(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            pair = tokens.first_pair(given.validated_data["user"])
        except User.DoesNotExist as error:
            raise AuthenticationFailed(NOBODY) from error
        return Response(TokenPairSerializer(pair).data)


class RefreshView(TokenView):
    @extend_schema(
        summary="A new pair of tokens",
        description="The refresh token is used up.",
        request=Refresh,
        responses=dict(
            [(200, TokenPairSerializer), problem_response(401, "token-not-valid", "authentication-failed")]
        ),
    )
    def post(self, request: Request) -> Response:
        try:
            pair = tokens.refresh_pair(_refresh_token(request))
        except TokenError as error:
            raise InvalidToken(str(error)) from error
        except User.DoesNotExist as error:
            raise AuthenticationFailed("The account of this token is not active any more.") from error
        return Response(TokenPairSerializer(pair).data)


class SignOutView(TokenView):
    @extend_schema(
        summary="Sign out",
        request=Refresh,
        responses=dict([(204, None), problem_response(401, "token-not-valid")]),
    )
    def post(self, request: Request) -> Response:
        try:
            tokens.revoke(_refresh_token(request))
        except TokenError as error:
            raise InvalidToken(str(error)) from error
        return Response(status=status.HTTP_204_NO_CONTENT)


def _refresh_token(request: Request) -> str:
    given = Refresh(data=request.data)
    given.is_valid(raise_exception=True)
    return str(given.validated_data["refresh"])
