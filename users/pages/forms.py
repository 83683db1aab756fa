"""What people type to sign up, to sign in and to be forgotten."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest

from users import operations
from users.models import User

LONGEST_PASSWORD = 256
EMAIL = forms.EmailInput(attrs={"autocomplete": "email"})


class EmailAddress(forms.EmailField):
    """In lower case before anything is checked: what is written in capitals may be longer or no address."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).lower()


class SignUpForm(forms.Form):
    email = EmailAddress(label="E-mail", max_length=254, widget=EMAIL)
    password = forms.CharField(
        help_text="At least 8 characters. Not only digits, not a common one, nothing like your e-mail.",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.cleaned_data.get("email")))
        return password

    def sign_up(self) -> User | None:
        """The new user; None if the e-mail is taken, which the form then says."""
        try:
            return operations.sign_up(**self.cleaned_data)
        except operations.EmailTaken:
            self.add_error(
                "email", "Somebody has signed up with this e-mail already. Is it you? Then sign in."
            )
            return None


class SignInForm(forms.Form):
    email = EmailAddress(label="E-mail", max_length=254, widget=EMAIL)
    password = forms.CharField(
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def user(self, request: HttpRequest) -> Any:
        """Who this is; None if e-mail and password do not belong together, whichever of them is wrong."""
        user = authenticate(
            request, username=self.cleaned_data["email"], password=self.cleaned_data["password"]
        )
        if user is None:
            self.add_error(None, "This e-mail and this password do not belong together.")
        return user


class OwnPassword(forms.Form):
    """What only the user knows."""

    password = forms.CharField(
        label="Your password",
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError("This is not your password.")
        return password


class AccountForm(OwnPassword):
    email = EmailAddress(label="E-mail", max_length=254, widget=EMAIL)
    new_password = forms.CharField(
        label="New password",
        help_text="Leave it empty to keep the one you have.",
        required=False,
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ["email", "new_password", "password"]

    def clean_new_password(self) -> str | None:
        password: str = self.cleaned_data["new_password"]
        if not password:
            return None
        validate_password(password, User(email=self.cleaned_data.get("email")))
        return password

    def change(self) -> User | None:
        """The changed user; None if the e-mail is taken, which the form then says."""
        try:
            return operations.change_account(
                user_id=self.user.id,
                email=self.cleaned_data["email"],
                password=self.cleaned_data["new_password"],
            )
        except operations.EmailTaken as error:
            self.add_error("email", str(error))
            return None
