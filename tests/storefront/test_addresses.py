from django.urls import reverse

from storefront.addresses import SHOP_PAGES, YOUR_PRODUCTS, address


def test_the_addresses_that_every_page_links_to_are_where_the_pages_are():
    elsewhere = {"product"}  # needs an id
    for name in SHOP_PAGES.keys() - elsewhere:
        assert address(name) == reverse(name)

    id = "00000000-0000-0000-0000-000000000001"
    assert f"{address('product')}{id}/" == reverse("product", args=[id])
    assert address("your-products") == YOUR_PRODUCTS == reverse("your-products")


def test_a_history_elsewhere_links_to_the_shop_but_to_its_own_page(settings):
    settings.SHOP_URL = "https://shop.example"

    assert address("basket") == "https://shop.example/basket/"
    assert address("your-products") == "/your-products/"
