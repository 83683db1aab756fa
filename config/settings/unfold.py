"""How the admin looks (django-unfold), and what its sidebar and its first page (config/templates) show to whom."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy

from config.settings.base import SHOP_NAME


def rows_of(model: str, title: str, icon: str, about: str) -> dict[str, Any]:
    """An entry for the list of `app.model`. `icon` is a name of Material Symbols."""
    app, name = model.split(".")
    return page(f"admin:{app}_{name}_changelist", title, icon, about, permission=f"{app}.view_{name}")


def page(url_name: str, title: str, icon: str, about: str, *, permission: str) -> dict[str, Any]:
    """An entry for any other page of the admin; the first page says what it is `about`, the sidebar does not."""
    return {
        "title": title,
        "about": about,
        "icon": icon,
        "link": reverse_lazy(url_name),
        "permission": _whoever_may(permission),
    }


def _whoever_may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


# The shop's own (storefront/static/storefront/shop.css): rust, on warm paper by day, on slate by night.
COLORS = {
    "primary": {
        "50": "oklch(97% .016 38)",
        "100": "oklch(93.5% .035 38)",
        "200": "oklch(89% .055 40)",
        "300": "oklch(84.5% .074 42)",
        "400": "oklch(78% .103 41)",
        "500": "oklch(68% .135 38)",
        "600": "oklch(51.7% .138 35.6)",
        "700": "oklch(44.5% .121 35)",
        "800": "oklch(38% .1 35)",
        "900": "oklch(32% .08 35)",
        "950": "oklch(25% .06 35)",
    },
    "base": {
        "50": "oklch(97.4% .011 85)",
        "100": "oklch(95.4% .014 85)",
        "200": "oklch(91% .02 85)",
        "300": "oklch(86% .022 85)",
        "400": "oklch(72% .018 85)",
        "500": "oklch(53% .02 245)",
        "600": "oklch(46% .02 246)",
        "700": "oklch(38% .024 247)",
        "800": "oklch(30.5% .022 248)",
        "900": "oklch(25.2% .017 248)",
        "950": "oklch(21.1% .013 248)",
    },
}

UNFOLD: dict[str, Any] = {
    "COLORS": COLORS,
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("storefront/wren.svg")}
    ],
    "STYLES": [lambda request: static("storefront/admin.css")],
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
                    rows_of("products.product", "Products", "sell", "what is sold, and for how much"),
                    rows_of("users.user", "Users", "person", "customers and staff"),
                    rows_of("orders.order", "Orders", "receipt_long", "who bought what, and when"),
                ],
            },
            {
                "title": "Order history",
                "separator": True,
                "items": [
                    rows_of(
                        "order_history.orderedproduct",
                        "Ordered products",
                        "shopping_bag",
                        "what each customer has ever ordered",
                    ),
                    rows_of(
                        "order_history.historyproduct",
                        "Known products",
                        "inventory_2",
                        "titles and images, as events told them",
                    ),
                    rows_of(
                        "order_history.historyuser",
                        "Known users",
                        "badge",
                        "whom the history knows, as events told it",
                    ),
                    rows_of(
                        "order_history.historyorderline",
                        "Order lines",
                        "list_alt",
                        "the lines that ordered products are made of",
                    ),
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
                            "what flows, what is late and why",
                            permission="inbox.view_checkpoint",
                        ),
                        "active": lambda request: request.path == reverse("event_bus_admin:status"),
                    },
                    page(
                        "event_bus_admin:timeline",
                        "Where is it?",
                        "timeline",
                        "the way of one order, product or user",
                        permission="outbox.view_outboxevent",
                    ),
                    rows_of(
                        "inbox.deadletter",
                        "Dead letters",
                        "error",
                        "events that could not be applied, and why",
                    ),
                    rows_of(
                        "outbox.partition",
                        "Partitions",
                        "view_column",
                        "how far each part of a topic is numbered",
                    ),
                    rows_of("outbox.outboxevent", "Log", "history", "every event that was announced"),
                    rows_of("outbox.cursor", "Cursors", "send", "how far each subscription was sent"),
                    rows_of("outbox.dispatch", "Dispatches", "outbox", "which message took which events"),
                    rows_of("inbox.delivery", "Deliveries", "inbox", "what became of each message"),
                    rows_of(
                        "inbox.checkpoint", "Checkpoints", "task_alt", "how far each subscription has applied"
                    ),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [rows_of("auth.group", "Groups", "group", "who may do what")],
            },
        ],
    },
}
