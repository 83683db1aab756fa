"""Signing up, signing in and being forgotten, over HTTP."""

from typing import cast

from django.utils import timezone
from rest_framework import permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenViewBase

from users import operations
from users.api.serializers import Erase, Refresh, SignIn, SignUp, UserSerializer
from users.models import User


class SignUpView(APIView):
    authentication_classes = []
    permission_classes = [permissions.AllowAny]

    def post(self, request: Request) -> Response:
        given = SignUp(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            user = operations.sign_up(**given.validated_data)
        except operations.EmailTaken as error:
            raise serializers.ValidationError({"email": [str(error)]}) from error
        return Response(UserSerializer(user).data, status=status.HTTP_201_CREATED)


class MeView(APIView):
    permission_classes = [permissions.IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response(UserSerializer(_me(request)).data)

    def delete(self, request: Request) -> Response:
        given = Erase(data=request.data, context={"request": request})
        given.is_valid(raise_exception=True)
        operations.erase_user(user_id=_me(request).id, at=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _me(request: Request) -> User:
    return cast(User, request.user)


class TokenView(TokenViewBase):
    serializer_class = SignIn


class RefreshView(TokenViewBase):
    serializer_class = Refresh
