"""Users for staff: signing up and erasing go through operations, which announce them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.forms import AuthenticationForm

from event_bus.admin_lists import ListAdmin, link, page_address
from event_bus.announced_admin import AnnouncedAdmin, Link, StaffOperation
from event_bus.read_only_admin import ReadOnlyAdmin
from rest.throttling import SigningIn, StaffSigningInAs
from users import operations
from users.models import AlreadyErased, User
from users.pages.limits import seconds_to_wait

admin.site.unregister([OutstandingToken, BlacklistedToken])  # tokens are nobody's business, not even staff's
admin.site.unregister(Group)

ORDERED = "admin:order_history_orderedproduct_changelist"


def _erase(user_id: UUID, at: datetime) -> User:
    return operations.erase_user(user_id=user_id, at=at)


ERASE = StaffOperation(
    verb="erase",
    done="erased",
    consequence="Their e-mail, password and history are forgotten for good; only the ids stay.",
    run=_erase,
    refusals=(AlreadyErased,),
)


class StaffSignIn(AuthenticationForm):  # type: ignore[misc]
    """The admin's own way in, with the limits of the others."""

    def clean(self) -> dict[str, Any]:
        if wait := seconds_to_wait(self.request, [SigningIn, StaffSigningInAs]):
            raise forms.ValidationError(
                f"That was tried too often. Please wait {wait} seconds, then try again."
            )
        cleaned: dict[str, Any] = super().clean()
        return cleaned


admin.site.login_form = StaffSignIn


class SignUpForm(BaseUserCreationForm):
    email = forms.EmailField()

    class Meta:
        model = User
        fields = ["email", "is_staff"]

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError("Somebody signed up with this e-mail already.")
        return email


@admin.register(User)
class UserAdmin(AnnouncedAdmin):
    list_display = ["id", "email", "is_staff", "joined_at", "erased_at"]
    list_filter = ["is_staff", ("erased_at", admin.EmptyFieldListFilter)]
    search_ids = ["id"]
    search_fields = ["email__startswith"]
    search_help_text = "How the e-mail begins, or the whole id"
    ordering = ["-joined_at", "-id"]
    readonly_fields = ["id", "email", "is_active", "last_login", "joined_at", "erased_at", "version"]
    fields = [*readonly_fields, "is_staff", "is_superuser", "groups", "user_permissions"]
    autocomplete_fields = ["groups", "user_permissions"]
    actions = ["erase"]
    overtaken_by = (AlreadyErased, operations.EmailTaken)

    def get_list_display(self, request: HttpRequest) -> Any:
        return [*super().get_list_display(request), *(["what_they_ordered"] if _sees_orders(request) else [])]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else SignUpForm

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fields if obj else ["email", "password1", "password2", "is_staff"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.readonly_fields if obj else []

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        return super().get_search_results(request, queryset, search_term.lower())  # as e-mails are kept

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Or whoever may look at users finds out a password's hash, character by character."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)  # whoever grants permissions has them all

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(request.user.is_superuser) and not (obj and obj.erased_at)

    def offers(self, obj: User) -> bool:
        return obj.erased_at is None

    def links(self, request: HttpRequest, obj: User) -> list[Link]:
        if not _sees_orders(request):
            return []
        return [Link("What they ordered", page_address(ORDERED, user_id=obj.pk), "shopping_bag")]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if change:
            operations.set_access(
                user_id=obj.id, is_staff=given["is_staff"], is_superuser=given["is_superuser"]
            )
            return
        operations.sign_up(
            user_id=obj.id, email=given["email"], password=given["password1"], is_staff=given["is_staff"]
        )

    @admin.display(description="ordered")
    def what_they_ordered(self, user: User) -> str:
        return link("what they ordered", page_address(ORDERED, user_id=user.pk))

    @admin.action(description="Erase…", permissions=["change"])
    def erase(self, request: HttpRequest, selected: QuerySet[User]) -> HttpResponse | None:
        return self.confirm(request, selected, ERASE)


def _sees_orders(request: HttpRequest) -> bool:
    """Whether the history runs here, and is open to this person."""
    return bool(page_address(ORDERED)) and request.user.has_perm("order_history.view_orderedproduct")


@admin.register(Group)
class SuperusersGroupAdmin(ListAdmin):
    """Whoever may edit a group that they are in grants themselves whatever they like."""

    search_fields = ["name"]
    ordering = ["name"]
    autocomplete_fields = ["permissions"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(Permission)
class PermissionAdmin(ReadOnlyAdmin):
    """To be found by the forms that grant them."""

    search_fields = ["name", "codename"]
    ordering = ["content_type__app_label", "content_type__model", "codename"]
    list_select_related = ["content_type"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False
