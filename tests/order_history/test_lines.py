"""The database writes a row as the API documents it."""

from datetime import UTC, datetime

import orjson
import pytest

from order_history.api.serializers import OrderedProductSerializer, as_json
from order_history.lines import Row
from order_history.models import HistoryProduct, OrderedProduct
from order_history.paging import read_page
from tests.order_history.facts import ANN, TEAPOT

pytestmark = pytest.mark.django_db(databases=["order_history"])

WHOLE = datetime(2026, 1, 31, 12, tzinfo=UTC)


def ordered(first=WHOLE, last=WHOLE):
    OrderedProduct.objects.create(
        user_id=ANN,
        product_id=TEAPOT,
        first_ordered_at=first,
        last_ordered_at=last,
        times_ordered=2,
        quantity=2**40,
    )
    return Row(str(TEAPOT), None, None, first, last, 2, 2**40)


def named(title, image=""):
    HistoryProduct.objects.create(
        product_id=TEAPOT, title=title, folded_title=title.lower(), image=image, version=1
    )


def the_line():
    [line] = read_page(ANN, size=1).lines
    return line


@pytest.mark.parametrize(
    "title",
    ["Öl-Lampe “Rowan” 🫖", 'a "b" \\ /', "two\nlines\r\t", "\x01\x1f\x7f\u2028", "%s {0} '", "null", " "],
)
def test_every_title_is_read_as_it_was_written(title):
    ordered()
    named(title)

    assert orjson.loads(the_line())["title"] == title


def test_a_path_becomes_an_address_and_is_read_as_a_path_again(settings):
    settings.MEDIA_URL = 'https://cdn.example/"wren"/'
    ordered()
    named("Teapot", "products/tea pot.png")

    assert orjson.loads(the_line())["image"] == 'https://cdn.example/"wren"/products/tea pot.png'
    assert Row.of(the_line()).image == "products/tea pot.png"


@pytest.mark.parametrize("microsecond", [0, 1, 120_000, 999_999])
@pytest.mark.parametrize("year", [1, 2026, 9999])
def test_a_line_is_written_as_elsewhere(microsecond, year):
    row = ordered(last=WHOLE.replace(year=year, microsecond=microsecond))

    assert the_line() == orjson.dumps(as_json(row), option=orjson.OPT_UTC_Z).decode()
    assert Row.of(the_line()) == row


def test_a_line_has_every_field_that_is_documented():
    ordered()

    assert list(orjson.loads(the_line())) == list(OrderedProductSerializer().fields)
