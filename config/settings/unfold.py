"""How the admin looks (django-unfold), and what its sidebar shows to whom."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy

from config.settings.base import SHOP_NAME


def rows_of(model: str, title: str, icon: str) -> dict[str, Any]:
    """A sidebar entry for the list of `app.model`. `icon` is a name of Material Symbols."""
    app, name = model.split(".")
    return page(f"admin:{app}_{name}_changelist", title, icon, permission=f"{app}.view_{name}")


def page(url_name: str, title: str, icon: str, *, permission: str) -> dict[str, Any]:
    """A sidebar entry for any other page of the admin."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(url_name),
        "permission": _whoever_may(permission),
    }


def _whoever_may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("storefront/wren.svg")}
    ],
    "SITE_SUBHEADER": "Administration",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Shop",
                "items": [
                    rows_of("products.product", "Products", "sell"),
                    rows_of("users.user", "Users", "person"),
                    rows_of("orders.order", "Orders", "receipt_long"),
                ],
            },
            {
                "title": "Order history",
                "separator": True,
                "items": [
                    rows_of("order_history.orderedproduct", "Ordered products", "shopping_bag"),
                    rows_of("order_history.historyproduct", "Known products", "inventory_2"),
                    rows_of("order_history.historyuser", "Known users", "badge"),
                    rows_of("order_history.historyorderline", "Order lines", "list_alt"),
                ],
            },
            {
                "title": "Event bus",
                "separator": True,
                "items": [
                    {
                        **page(
                            "event_bus_admin:status",
                            "Status",
                            "monitoring",
                            permission="inbox.view_checkpoint",
                        ),
                        "active": lambda request: request.path == reverse("event_bus_admin:status"),
                    },
                    page(
                        "event_bus_admin:timeline",
                        "Where is it?",
                        "timeline",
                        permission="outbox.view_outboxevent",
                    ),
                    rows_of("inbox.deadletter", "Dead letters", "error"),
                    rows_of("outbox.partition", "Partitions", "view_column"),
                    rows_of("outbox.outboxevent", "Log", "history"),
                    rows_of("outbox.cursor", "Cursors", "send"),
                    rows_of("outbox.dispatch", "Dispatches", "outbox"),
                    rows_of("inbox.delivery", "Deliveries", "inbox"),
                    rows_of("inbox.checkpoint", "Checkpoints", "task_alt"),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [rows_of("auth.group", "Groups", "group")],
            },
        ],
    },
}
