"""Lists that staff page through: never counted, found by exact id, as fast on a million rows as on ten."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.core.paginator import InvalidPage, Page, Paginator
from django.db import DataError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

if TYPE_CHECKING:  # the theme has no types
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.views.main import ChangeList
else:
    from unfold.admin import ModelAdmin, TabularInline
    from unfold.views import ChangeList

__all__ = ["ListAdmin", "TabularInline", "link", "page_address"]

LAST_PAGE = 1000
"""Further down, each page takes the database longer than the one before: search or filter instead."""

LONGEST_SEARCH = 200
"""Characters. Each word is a condition, and no database takes any number of them."""


UNANSWERABLE = (ValueError, OverflowError, DataError)
"""What a filter raises, once the rows are read, whose value no database can compare with: the year 99999999."""


class AtLeast(int):
    """How many rows were seen when there are more."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class UncountedPage(Page):
    def __init__(self, rows: Sequence[Any], number: int, paginator: Paginator) -> None:
        super().__init__(rows[: paginator.per_page], number, paginator)
        self.rows_seen = (number - 1) * paginator.per_page + len(self.object_list)
        self.followed = len(rows) > paginator.per_page

    def has_next(self) -> bool:
        return self.followed


class UncountedPaginator(Paginator):
    """Reads one row more than a page shows, which says whether there is another page."""

    template_name = "admin/event_bus/pagination.html"

    @property
    def count(self) -> int:
        return LAST_PAGE * self.per_page

    def page(self, number: int | str) -> UncountedPage:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return UncountedPage(list(self.object_list[first : first + self.per_page + 1]), number, self)


class UncountedChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        try:
            self.page = self.paginator.page(self.page_num)
        except (InvalidPage, *UNANSWERABLE) as error:
            raise IncorrectLookupParameters from error
        self.result_list = self.page.object_list
        seen = self.page.rows_seen
        self.result_count = AtLeast(seen) if self.page.has_next() else seen
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True

    def previous_address(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num - 1})

    def next_address(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num + 1})


class ListAdmin(ModelAdmin):
    """How every list of the admin looks and behaves."""

    paginator = UncountedPaginator
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # they count
    sortable_by: ClassVar[Any] = ()  # a click on a column without an index would sort the whole table
    search_ids: Sequence[str] = ()
    """Fields that hold the id of something, each the first of an index."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UncountedChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if ERROR_FLAG in request.GET:  # Django has come here from an address that it could not answer
            self.message_user(
                request, "That page or filter does not exist: here is the whole list.", messages.WARNING
            )
        shown: HttpResponse = super().changelist_view(request, extra_context)
        return shown

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self.search_fields or self.search_ids

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By id if the term is one, otherwise by the `search_fields`, if there are any."""
        if len(search_term) > LONGEST_SEARCH:
            return queryset.none(), False
        if self.search_ids and (wanted := _as_uuid(search_term)):
            return queryset.filter(Q(*[(name, wanted) for name in self.search_ids], _connector=Q.OR)), False
        if search_term and self.search_ids and not self.search_fields:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)


def page_address(name: str, *arguments: Any, **query: Any) -> str | None:
    """Where an admin page is, or None if the app that it belongs to runs elsewhere."""
    try:
        address = reverse(name, args=arguments)
    except NoReverseMatch:
        return None
    return f"{address}?{urlencode(query)}" if query else address


def link(text: Any, address: str | None) -> str:
    """Only the text where there is no such page."""
    if address is None:
        return str(text)
    return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, text)


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
