"""Users and their tokens as JSON."""

from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed

from rest.fields import Verbatim
from users.models import User

NOBODY = "No active account has this e-mail and this password."


class UserSerializer(serializers.ModelSerializer[User]):
    email = serializers.EmailField(read_only=True)

    class Meta:
        model = User
        fields = ["id", "email", "is_staff", "joined_at"]
        read_only_fields = fields


class EmailAddress(serializers.EmailField):
    """In lower case before anything is checked: what is written in capitals may be longer or no address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data).lower()


class Password(Verbatim):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=256, write_only=True, **options)


class SignUp(serializers.Serializer):
    email = EmailAddress()
    password = Password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        _check_strength("password", attrs["password"], email=attrs["email"])
        return attrs


class OwnPassword(serializers.Serializer):
    """What only the user knows; `context` has the request."""

    password = Password(help_text="The present one.")

    def validate_password(self, password: str) -> str:
        if not self._user.check_password(password):
            raise serializers.ValidationError("This is not your password.", code="wrong")
        return password

    @property
    def _user(self) -> User:
        return cast(User, self.context["request"].user)


class AccountToChange(OwnPassword):
    email = EmailAddress(required=False)
    new_password = Password(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "new_password" in attrs:
            email = attrs.get("email", self._user.email)
            _check_strength("new_password", attrs["new_password"], email=email)
        return attrs


class SignIn(serializers.Serializer):
    email = EmailAddress()
    password = Password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raises AuthenticationFailed."""
        user = authenticate(self.context["request"], email=attrs["email"], password=attrs["password"])
        if user is None:
            raise AuthenticationFailed(NOBODY)
        return {"user": user}


class Refresh(serializers.Serializer):
    refresh = Verbatim(max_length=4096)


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(read_only=True, help_text="Says who you are, for 5 minutes.")
    refresh = serializers.CharField(read_only=True, help_text="Good for one new pair, within a day.")


def _check_strength(field: str, password: str, *, email: str | None) -> None:
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        details = [
            serializers.ErrorDetail(str(message), code=str(one.code))
            for one in error.error_list
            for message in one.messages
        ]
        raise serializers.ValidationError({field: details}) from error
