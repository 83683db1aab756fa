"""The catalogue for staff: every edit goes through an operation, so every edit is announced."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.files.base import File
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from event_bus.admin_lists import link, page_address
from event_bus.announced_admin import AnnouncedAdmin, Link, StaffOperation
from products import operations
from products.images import NotAPicture, reencode
from products.models import AlreadyWithdrawn, Product
from products.prices import shown
from storefront.folding import folded

ORDERED = "admin:order_history_orderedproduct_changelist"
CHANGED_MEANWHILE = "Somebody else changed this product meanwhile. Load the page again to see how it is now."


def _withdraw(product_id: UUID, at: datetime) -> Product:
    return operations.withdraw_product(product_id=product_id, at=at)


WITHDRAW = StaffOperation(
    verb="withdraw",
    done="withdrawn",
    consequence="They can be ordered no longer. Whoever ordered them keeps seeing title and picture.",
    run=_withdraw,
    refusals=(AlreadyWithdrawn,),
)


class ProductForm(forms.ModelForm):
    """`seen` is the version that the form was filled in for: nobody's edit is taken back unseen."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.instance.version

    def clean(self) -> dict[str, Any] | None:
        if not self.instance._state.adding and self.cleaned_data.get("seen") != self.instance.version:
            raise forms.ValidationError(CHANGED_MEANWHILE)
        return super().clean()

    def clean_image(self) -> Any:
        image = self.cleaned_data["image"]
        if "image" in self.changed_data and isinstance(image, File):
            try:
                reencode(image)
            except NotAPicture as error:
                raise forms.ValidationError(str(error)) from error
        return image


@admin.register(Product)
class ProductAdmin(AnnouncedAdmin):
    form = ProductForm
    list_display = ["title", "costs", "withdrawn_at", "version"]
    list_filter = [("withdrawn_at", admin.EmptyFieldListFilter)]
    search_fields = ["folded_title__contains"]
    search_ids = ["id"]
    search_help_text = "A part of the title, or the whole id"
    ordering = ["title", "id"]
    readonly_fields = ["id", "version", "withdrawn_at", "created_at"]
    actions = ["withdraw"]
    overtaken_by = (operations.StaleVersion,)

    def get_list_display(self, request: HttpRequest) -> Any:
        return [*super().get_list_display(request), *(["who_ordered"] if _sees_orders(request) else [])]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        return super().get_search_results(request, queryset, folded(search_term))

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        if not obj:
            return ["title", "image", "price", "currency"]
        seen = ["seen"] if self.has_change_permission(request, obj) else []
        return ["title", "image", "price", "currency", *self.readonly_fields, *seen]

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        return [*self.readonly_fields, "currency"] if obj else list(self.readonly_fields)

    def offers(self, obj: Product) -> bool:
        return not obj.withdrawn

    def links(self, request: HttpRequest, obj: Product) -> list[Link]:
        if not _sees_orders(request):
            return []
        return [Link("Who ordered it", page_address(ORDERED, product=obj.pk), "group")]

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in form.changed_data if name != "seen"}
        if "image" in given:
            given["image"] = given["image"] or None  # the form says False for "take it away"
        if change:
            seen = form.cleaned_data["seen"]
            operations.change_product(product_id=obj.id, expected_version=seen, **given)
        else:
            operations.create_product(product_id=obj.id, **given)

    @admin.display(description="price")
    def costs(self, product: Product) -> str:
        return f"{shown(product.price)} {product.currency}"

    @admin.display(description="ordered by")
    def who_ordered(self, product: Product) -> str:
        return link("who ordered it", page_address(ORDERED, product=product.pk))

    @admin.action(description="Withdraw…", permissions=["change"])
    def withdraw(self, request: HttpRequest, selected: QuerySet[Product]) -> HttpResponse | None:
        return self.confirm(request, selected, WITHDRAW)


def _sees_orders(request: HttpRequest) -> bool:
    """Whether the history runs here, and is open to this person."""
    return bool(page_address(ORDERED)) and request.user.has_perm("order_history.view_orderedproduct")
