"""Signing up, changing one's account and being forgotten, over HTTP."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from event_bus.consistency import HEADER, ConsistencyToken
from rest.openapi import CONSISTENCY_TOKEN
from rest.throttling import ProvingOneself, SigningUp
from users import operations
from users.api.serializers import AccountToChange, OwnPassword, SignUp, UserSerializer
from users.models import AlreadyErased, User


class SignUpView(APIView):
    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    throttle_classes = [SigningUp]

    @extend_schema(
        summary="Sign up",
        request=SignUp,
        responses={201: UserSerializer},
        parameters=[CONSISTENCY_TOKEN],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        given = SignUp(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            user = operations.sign_up(**given.validated_data)
        except operations.EmailTaken as error:
            raise _email_taken(error) from error
        return Response(UserSerializer(user).data, status=status.HTTP_201_CREATED, headers=_written(user))


class MeView(APIView):
    permission_classes = [permissions.IsAuthenticated]

    def get_throttles(self) -> list[BaseThrottle]:
        """What asks for the password is no place to guess it either, for whoever took a token."""
        return (
            super().get_throttles() if self.request.method in permissions.SAFE_METHODS else [ProvingOneself()]
        )

    @extend_schema(summary="Who you are", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        return Response(UserSerializer(_me(request)).data)

    @extend_schema(
        summary="Change your e-mail or password",
        description="A new password signs you out everywhere: every refresh token ends.",
        request=AccountToChange,
        responses=UserSerializer,
    )
    def patch(self, request: Request) -> Response:
        given = AccountToChange(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        try:
            user = operations.change_account(
                user_id=_me(request).id, email=wanted.get("email"), password=wanted.get("new_password")
            )
        except operations.EmailTaken as error:
            raise _email_taken(error) from error
        except AlreadyErased as error:  # since the request was let in
            raise AuthenticationFailed("The account is not active any more.") from error
        return Response(UserSerializer(user).data)

    @extend_schema(
        summary="Be forgotten",
        description="Everything personal is erased, here and wherever it was announced. Nothing brings it back.",
        request=OwnPassword,
        responses={204: None},
        parameters=[CONSISTENCY_TOKEN],
    )
    def delete(self, request: Request) -> Response:
        given = OwnPassword(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        try:
            user = operations.erase_user(user_id=_me(request).id, at=timezone.now())
        except AlreadyErased:  # by a request that came first
            user = User.objects.get(id=_me(request).id)
        return Response(status=status.HTTP_204_NO_CONTENT, headers=_written(user))


def _me(request: Request) -> User:
    return cast(User, request.user)


def _email_taken(error: operations.EmailTaken) -> serializers.ValidationError:
    return serializers.ValidationError({"email": [serializers.ErrorDetail(str(error), code="unique")]})


def _written(user: User) -> dict[str, str]:
    return {HEADER: str(ConsistencyToken("users", user.id, user.version))}
