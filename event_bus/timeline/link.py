"""The way to the timeline from any page of the admin: by the name of its address, so that nobody imports it."""

from typing import Any

from django.http import HttpRequest

from event_bus.admin_lists import link, page_address

PAGE = "event_bus_admin:timeline"


def may_see(request: HttpRequest) -> bool:
    """Whoever may look at the log or at dead letters."""
    return request.user.has_perm("outbox.view_outboxevent") or request.user.has_perm("inbox.view_deadletter")


def timeline_address(request: HttpRequest, of: Any) -> str | None:
    """None for those who may not see it, and where there is none."""
    return page_address(PAGE, of=of) if may_see(request) else None


def timeline_link(of: Any) -> str:
    address = page_address(PAGE, of=of)
    return link("where is it?", address) if address else ""
