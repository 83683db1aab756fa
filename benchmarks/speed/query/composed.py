"""The same answer composed of what three services say, one call to each."""

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import urllib3
from django.http import Http404, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from benchmarks.speed.query.joined import page_of
from order_history.api.answering import answer
from order_history.api.queries import HistoryQuery
from order_history.api.serializers import as_json
from order_history.lines import Row
from order_history.paging import Cursor, Page

# Connections stay open, as many as a process has threads. `requests` would do the same with twice the work.
services = urllib3.PoolManager(maxsize=8, block=True, timeout=10.0)


NOT_KNOWN: tuple[Any, Any] = (None, None)


class ComposedView(APIView):
    authentication_classes = [JWTStatelessUserAuthentication]

    def get(self, request: Request, user_id: UUID) -> HttpResponse:
        if str(request.user.pk) != str(user_id) and not request.user.is_staff:
            raise Http404
        asked = HistoryQuery.read(request).asked
        page = compose_page(request, user_id, size=asked["page_size"], after=asked.get("cursor"))
        return answer(request, page, applied=None)


def compose_page(request: Request, user_id: UUID, *, size: int, after: Cursor | None) -> Page:
    if any(user["erased"] for user in _ask("users", request, [user_id])):
        return Page([], next=None)
    rows = _newest_first(_ask("orders", request, [user_id]))
    if after:
        rows = [row for row in rows if _place(row) > (-after.last_ordered_at.timestamp(), after.product_id)]
    rows = rows[: size + 1]
    if not rows:
        return Page([], next=None)
    known = {
        UUID(product["id"]): (product["title"], product["image"])
        for product in _ask("products", request, [row[0] for row in rows])
    }
    found = [Row(str(row[0]), *known.get(row[0], NOT_KNOWN), *row[1:]) for row in rows]
    return page_of([orjson.dumps(as_json(row), option=orjson.OPT_UTC_Z).decode() for row in found], size)


def _ask(service: str, request: Request, ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """Raises urllib3's HTTPError if it does not answer."""
    named = ",".join(map(str, ids))
    answer = services.request(
        "GET",
        f"{os.environ[f'{service.upper()}_SERVICE']}/services/{service}/?ids={named}",
        headers={
            "Authorization": request.headers["Authorization"],
            "Accept": "application/json",
            "X-Forwarded-Proto": "https",
        },
    )
    if answer.status != 200:
        raise urllib3.exceptions.HTTPError(f"{service} answered {answer.status}")
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def _newest_first(orders: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(product, first and last time, how often, how many) of every product."""
    found: dict[str, tuple[Any, ...]] = {}
    for order in orders:
        at = datetime.fromisoformat(order["placed_at"])
        for line in order["lines"]:
            first, last, times, quantity = found.get(line["product_id"], (at, at, 0, 0))
            found[line["product_id"]] = (
                min(first, at),
                max(last, at),
                times + 1,
                quantity + line["quantity"],
            )
    return sorted(((UUID(id), *row) for id, row in found.items()), key=_place)


def _place(row: tuple[Any, ...]) -> tuple[float, UUID]:
    return -row[2].timestamp(), row[0]
