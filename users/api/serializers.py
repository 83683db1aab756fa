"""Users and their tokens as JSON."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from users.models import User


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["id", "email", "is_staff", "joined_at"]
        read_only_fields = fields


class EmailAddress(serializers.EmailField):
    """In lower case before anything is checked: what is written in capitals may be longer or no address."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).lower()


class SignUp(serializers.Serializer):
    email = EmailAddress(max_length=254)
    password = serializers.CharField(max_length=256, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            validate_password(attrs["password"], User(email=attrs["email"]))
        except ValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs


class Erase(serializers.Serializer):
    password = serializers.CharField(max_length=256, trim_whitespace=False)

    def validate_password(self, password: str) -> str:
        if not self.context["request"].user.check_password(password):
            raise serializers.ValidationError("This is not your password.")
        return password


class SignIn(TokenObtainPairSerializer):
    """E-mail and password for a pair of tokens; both say whether the user is staff."""

    @classmethod
    def get_token(cls, user: Any) -> Any:
        token = super().get_token(user)
        token["is_staff"] = user.is_staff
        return token


class Refresh(serializers.Serializer):
    """A refresh token for a new access token, which says what the user is now."""

    refresh = serializers.CharField(write_only=True)
    access = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """Raises TokenError, or AuthenticationFailed if the user may no longer sign in."""
        refresh = RefreshToken(attrs["refresh"])
        user = User.objects.filter(id=refresh["user_id"], is_active=True).first()
        if user is None:
            raise AuthenticationFailed("No active account for this token.", "no_active_account")
        access: AccessToken = refresh.access_token
        access["is_staff"] = user.is_staff
        return {"access": str(access)}
