"""The catalogue for staff: every edit goes through an operation, so every edit is announced."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.files.base import File
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from products import operations
from products.images import NotAPicture, reencode
from products.models import AlreadyWithdrawn, Product


class ProductForm(forms.ModelForm):
    def clean_image(self) -> Any:
        image = self.cleaned_data["image"]
        if "image" in self.changed_data and isinstance(image, File):
            try:
                reencode(image)
            except NotAPicture as error:
                raise forms.ValidationError(str(error)) from error
        return image


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    form = ProductForm
    list_display = ["title", "price", "currency", "withdrawn_at", "version"]
    list_filter = [("withdrawn_at", admin.EmptyFieldListFilter), "currency"]
    search_fields = ["title"]
    ordering = ["title", "id"]
    show_full_result_count = False
    readonly_fields = ["id", "version", "withdrawn_at", "created_at"]
    actions = ["withdraw"]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        return [*self.readonly_fields, "currency"] if obj else list(self.readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False  # what was once ordered keeps its title and picture: withdraw it

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in form.changed_data}
        if "image" in given:
            given["image"] = given["image"] or None  # the form says False for "take it away"
        if change:
            operations.change_product(product_id=obj.id, **given)
        else:
            operations.create_product(product_id=obj.id, **given)

    @admin.action(description="Withdraw: sell no longer", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        for product_id in queryset.values_list("id", flat=True):
            try:
                product = operations.withdraw_product(product_id=product_id, at=timezone.now())
            except AlreadyWithdrawn as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.message_user(request, f"{product} is withdrawn.", messages.SUCCESS)
