"""Users for staff: signing up and erasing go through operations, which announce them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.forms import BaseUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from users import operations
from users.models import AlreadyErased, User

admin.site.unregister([OutstandingToken, BlacklistedToken])  # tokens are nobody's business, not even staff's


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
class UserAdmin(admin.ModelAdmin):
    list_display = ["id", "email", "is_staff", "joined_at", "erased_at"]
    list_filter = ["is_staff", "is_active", ("erased_at", admin.EmptyFieldListFilter)]
    search_fields = ["email"]
    ordering = ["-joined_at", "id"]
    show_full_result_count = False
    readonly_fields = ["id", "email", "is_active", "last_login", "joined_at", "erased_at", "version"]
    fields = [*readonly_fields, "is_staff", "is_superuser", "groups", "user_permissions"]
    filter_horizontal = ["groups", "user_permissions"]
    actions = ["erase"]

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else SignUpForm

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fields if obj else ["email", "password1", "password2", "is_staff"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.readonly_fields if obj else []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)  # whoever grants permissions has them all

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # erase leaves a tombstone, which keeps late events from bringing the user back

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["is_staff", "is_superuser"])  # nobody outside is told who is staff
            return
        given = form.cleaned_data
        operations.sign_up(
            user_id=obj.id, email=given["email"], password=given["password1"], is_staff=given["is_staff"]
        )

    @admin.action(description="Erase: forget who this was", permissions=["change"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user_id in queryset.values_list("id", flat=True):
            try:
                operations.erase_user(user_id=user_id, at=timezone.now())
            except AlreadyErased as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.message_user(request, f"User {user_id} is erased.", messages.SUCCESS)
