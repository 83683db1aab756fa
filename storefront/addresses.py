"""Where the pages are. The order history may run without the others, and links to them all the same."""

from django.conf import settings

SHOP_PAGES = {
    "catalogue": "/",
    "product": "/products/",
    "basket": "/basket/",
    "add-to-basket": "/basket/add/",
    "orders": "/orders/",
    "sign-in": "/sign-in/",
    "sign-up": "/sign-up/",
    "account": "/account/",
}
YOUR_PRODUCTS = "/your-products/"


def address(page: str) -> str:
    """Of a page: its path, behind SHOP_URL where the shop is somewhere else."""
    return YOUR_PRODUCTS if page == "your-products" else f"{settings.SHOP_URL}{SHOP_PAGES[page]}"
