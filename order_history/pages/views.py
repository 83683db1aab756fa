"""Your products, for people: answered from the history's own database, with nobody's help."""

import time
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from event_bus.inbox.freshness import complete_as_of
from order_history.apps import SUBSCRIPTION
from order_history.pages.news import news_of
from order_history.paging import Cursor, MalformedCursor, Page, Part, read_page
from order_history.replica import read
from storefront.searching import Search
from storefront.visitor import Visitor, visitor_of

PAGE_SIZE = 24


@never_cache
@require_safe
def your_products(request: HttpRequest) -> HttpResponse:
    """Who asks stands in a signed cookie: no session, no user and no other database is looked at."""
    visitor = visitor_of(request)
    if visitor is None:
        where = {"here": "your-products", "sign_in": settings.SIGN_IN_URL, "next": request.get_full_path()}
        return render(request, "order_history/signed_out.html", where, status=403)
    try:
        cursor = Cursor.parse(request.GET["cursor"]) if "cursor" in request.GET else None
    except MalformedCursor:
        return HttpResponseBadRequest(render_to_string("400.html", request=request))
    asked_at = time.monotonic()
    context = read(lambda: _context(request, visitor, cursor, asked_at))
    return render(request, "order_history/your_products.html", context)


def _context(
    request: HttpRequest, visitor: Visitor, cursor: Cursor | None, asked_at: float
) -> dict[str, Any]:
    news = news_of(request.GET, user_id=visitor.user_id, since=asked_at)
    context: dict[str, Any] = {"here": "your-products", "news": news}
    search = Search(request.GET)
    if search.is_valid():
        page = read_page(visitor.user_id, Part(title=search.title), size=PAGE_SIZE, after=cursor)
    else:
        page = Page([], next=None, complete_as_of=complete_as_of(SUBSCRIPTION))
    return (
        context | _freshness(page, at=timezone.now()) | _gallery(page, search, continued=cursor is not None)
    )


def _freshness(page: Page, *, at: datetime) -> dict[str, Any]:
    behind = (at - page.complete_as_of).total_seconds() if page.complete_as_of else None
    return {
        "as_of": page.complete_as_of,
        "is_behind": behind is None or behind > settings.EVENT_BUS["FRESHNESS_OBJECTIVE"],
    }


def _gallery(page: Page, search: Search, *, continued: bool) -> dict[str, Any]:
    return {
        "search": search,
        "rows": page.rows,
        "continued": continued,
        "next": urlencode({"q": search.title, "cursor": str(page.next)}) if page.next else "",
    }
