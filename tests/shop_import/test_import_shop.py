import gzip
from datetime import UTC, datetime
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import pytest

from orders.models import Order
from products.models import Product
from shop_import import importing
from users.models import User

pytestmark = pytest.mark.django_db

NOTHING = (0, 0, 0, 0, 0)
EVERYTHING = (3, 2, 2, 3, 7)


def id_of(kind, external):
    return uuid5(NAMESPACE_URL, f"shop-import/corner_shop/{kind}/{external}")


def test_a_set_is_imported_and_announced(shop, stored):
    outcome = shop.run()

    assert outcome.failure == ""
    assert stored() == EVERYTHING
    assert (
        "corner_shop: 3 products, 2 users, 2 orders with 3 lines imported (0 were there already), "
        "7 events announced in"
    ) in outcome.out


def test_ids_follow_from_the_name_of_the_set(shop):
    shop.run()

    assert Product.objects.filter(id=id_of("product", "P1"), title="Lamp").exists()
    assert User.objects.filter(id=id_of("user", "ada")).exists()
    assert Order.objects.filter(id=id_of("order", "O1"), user_id=id_of("user", "ada")).exists()


def test_values_arrive_as_they_stand_there(shop, tmp_path):
    shop.run()

    lamp = Product.objects.get(id=id_of("product", "P1"))
    order = Order.objects.get(id=id_of("order", "O2"))
    assert lamp.price == Decimal("12.50")
    assert (tmp_path / "media" / lamp.image.name).read_bytes() == (shop.folder / "lamp.png").read_bytes()
    assert Product.objects.get(id=id_of("product", "P3")).price == 0
    assert order.placed_at == datetime(2026, 1, 3, 8, tzinfo=UTC)
    assert order.lines.get().unit_price == Decimal("79.9999")
    assert Order.objects.get(id=id_of("order", "O1")).placed_at == datetime(2026, 1, 2, tzinfo=UTC)


def test_importing_twice_changes_and_announces_nothing(shop, stored):
    shop.run()

    outcome = shop.run()

    assert stored() == EVERYTHING
    assert (
        "0 products, 0 users, 0 orders with 0 lines imported (7 were there already), 0 events" in outcome.out
    )


def test_what_was_added_to_a_set_is_imported_later(shop, stored):
    shop.run()
    shop.add("orders.csv", "O3,ada,2026-02-01")
    shop.add("lines.csv", "O3,1,P3,1,5")

    outcome = shop.run()

    assert stored() == (3, 2, 3, 4, 8)
    assert "1 orders with 1 lines imported (7 were there already), 1 events" in outcome.out


def test_an_interrupted_import_is_finished_by_a_second_run(shop, stored, monkeypatch):
    def interrupted(orders):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(importing, "import_orders", interrupted)
        with pytest.raises(SystemExit) as stopped:
            shop.run()
    assert stopped.value.code == 130
    assert stored() == (3, 2, 0, 0, 5)

    shop.run()

    assert stored() == EVERYTHING


def test_gzipped_files_and_a_byte_order_mark_are_fine(shop, stored):
    for name in ("orders", "lines"):
        plain = shop.folder / f"{name}.csv"
        shop.write(f"{name}.csv.gz", gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes()))
        plain.unlink()

    assert shop.run().failure == ""
    assert stored() == EVERYTHING


def test_a_product_that_is_not_listed_is_ordered_all_the_same(shop):
    shop.add("lines.csv", "O2,2,GONE,1,3")

    assert shop.run().failure == ""
    assert (
        Order.objects.get(id=id_of("order", "O2")).lines.filter(product_id=id_of("product", "GONE")).exists()
    )


def test_skip_imports_the_rest_and_writes_what_it_left_out(shop, stored, tmp_path):
    shop.add("products.csv", "P4, ,,1")
    shop.add("orders.csv", "O3,eve,someday")
    shop.add("orders.csv", "O4,eve,2026-03-01")
    shop.add("lines.csv", "O3,1,P1,1,1")
    shop.add("lines.csv", 'O4,1,"P1",0,1')
    shop.add("lines.csv", b"O1,3,\xff,1,1")

    outcome = shop.run("--on-error", "skip", "--rejects", str(tmp_path / "rejects.csv"))

    assert outcome.failure == ""
    assert stored() == EVERYTHING
    assert (tmp_path / "rejects.csv").read_text().splitlines() == [
        "file,line,reason,row",
        'products.csv,5,title is empty,"P4, ,,1"',
        'orders.csv,4,placed_at is not an ISO 8601 date or time: someday,"O3,eve,someday"',
        'orders.csv,5,all of its lines were left out: O4,"O4,eve,2026-03-01"',
        'lines.csv,5,its order was left out: O3,"O3,1,P1,1,1"',
        'lines.csv,6,"quantity is not a whole number from 1 to 1,000,000: 0","O4,1,""P1"",0,1"',
        'lines.csv,7,broken UTF-8,"O1,3,\\xff,1,1"',
    ]
    assert "6 rows left out" in outcome.out
    assert "1  products.csv: title is empty" in outcome.out


def test_the_first_twenty_problems_and_their_number_are_shown(shop, stored):
    for number in range(30):
        shop.add("products.csv", f"X{number},,,1")

    outcome = shop.run()

    *problems, rest = outcome.err.splitlines()
    assert len(problems) == 20
    assert rest == "… and 10 more"
    assert outcome.failure.startswith("30 problems, nothing was imported.")
    assert stored() == NOTHING


def test_rejects_never_overwrites_what_is_to_be_imported(shop):
    outcome = shop.run("--on-error", "skip", "--rejects", str(shop.folder / "lines.csv"))

    assert "is to be imported" in outcome.failure


def test_a_folder_that_is_not_there_is_named(shop):
    shop.folder = shop.folder / "missing"

    assert "is no folder" in shop.run().failure


def test_a_full_disk_is_said_plainly(shop, monkeypatch):
    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing, "store_verified", full)

    assert "No space left on device" in shop.run().failure
