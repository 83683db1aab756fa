import pytest

from tests.products.pictures import picture_bytes

pytestmark = pytest.mark.django_db

NOTHING = (0, 0, 0, 0, 0)
QUANTITY = "quantity is not a whole number from 1 to 1,000,000"
MONEY = "is not a number of at least 0 with up to 10 digits and 4 decimals"


@pytest.mark.parametrize(
    ("file", "row", "problem"),
    [
        ("products.csv", "P9, ,,1", "products.csv:5: title is empty"),
        ("products.csv", f"P9,{'x' * 201},,1", "products.csv:5: title is longer than 200 characters"),
        ("products.csv", ",Lamp,,1", "products.csv:5: product_id is empty"),
        ("products.csv", "P9,Lamp,,1.23456", f"products.csv:5: price {MONEY}: 1.23456"),
        ("products.csv", "P9,Lamp,,-1", f"products.csv:5: price {MONEY}: -1"),
        ("products.csv", "P9,Lamp,,NaN", f"products.csv:5: price {MONEY}: NaN"),
        ("products.csv", "P9,Lamp,,10000000000", f"products.csv:5: price {MONEY}"),
        ("products.csv", "P1,Lamp,,1", "products.csv:5: product_id stands twice: P1"),
        ("products.csv", "P9,Lamp,none.png,1", "products.csv:5: picture is missing: none.png"),
        ("products.csv", "P9,Lamp,lines.csv,1", "products.csv:5: picture is damaged or not a PNG"),
        ("products.csv", "P9,Lamp,cut.png,1", "products.csv:5: picture is damaged or not a PNG"),
        ("products.csv", "P9,Lamp,../outside.png,1", "products.csv:5: picture lies outside the folder"),
        ("products.csv", "P9,Lamp,/etc/hostname,1", "products.csv:5: picture lies outside the folder"),
        ("products.csv", "P9,Lamp,link.png,1", "products.csv:5: picture lies outside the folder"),
        ("products.csv", "P9,Lamp", "products.csv:5: has 2 fields where the header has 4"),
        ("products.csv", "P9,Lamp,,1,more", "products.csv:5: has 5 fields where the header has 4"),
        ("products.csv", b"P9,L\xe4mp,,1", "products.csv:5: broken UTF-8"),
        ("products.csv", b"P9,L\0mp,,1", "products.csv:5: contains a NUL byte"),
        ("products.csv", '"P9"x,Lamp,,1', "products.csv:5: is not CSV"),
        ("products.csv", '"P9,Lamp,,1', "products.csv:5: is not CSV"),
        ("products.csv", 'P8,"two\nlines",,1\nP9,,,1', "products.csv:7: title is empty"),
        (
            "orders.csv",
            "O9,ada,2026-02-30",
            "orders.csv:4: placed_at is not an ISO 8601 date or time: 2026-02-30",
        ),
        ("orders.csv", "O9,ada,", "orders.csv:4: placed_at is not an ISO 8601 date or time"),
        ("orders.csv", "O9,ada,0001-01-01T00:00+05:00", "orders.csv:4: placed_at is not an ISO 8601 date"),
        ("orders.csv", "O9,,2026-02-03", "orders.csv:4: user_id is empty"),
        ("orders.csv", "O1,bob,2026-02-03", "orders.csv:4: order_id stands twice: O1"),
        ("orders.csv", "O9,bob,2026-02-03", "orders.csv:4: order has no lines: O9"),
        ("lines.csv", "O1,3,P1,0,1", f"lines.csv:5: {QUANTITY}: 0"),
        ("lines.csv", "O1,3,P1,-2,1", f"lines.csv:5: {QUANTITY}: -2"),
        ("lines.csv", "O1,3,P1,1.5,1", f"lines.csv:5: {QUANTITY}: 1.5"),
        ("lines.csv", "O1,3,P1,1000001,1", f"lines.csv:5: {QUANTITY}: 1000001"),
        (
            "lines.csv",
            "O1,3,P1,999998,1",
            "lines.csv:5: quantities of one product in one order exceed 1,000,000",
        ),
        ("lines.csv", "O1,3,P1,1,", f"lines.csv:5: unit_price {MONEY}"),
        ("lines.csv", "O9,1,P1,1,1", "lines.csv:5: order_id is not in the orders file: O9"),
        ("lines.csv", "O1,2,P2,1,1", "lines.csv:5: line_no stands twice in its order: O1 line 2"),
    ],
)
def test_a_faulty_row_is_reported_with_its_line_and_nothing_is_imported(shop, stored, file, row, problem):
    (shop.folder.parent / "outside.png").write_bytes(picture_bytes())
    (shop.folder / "link.png").symlink_to(shop.folder.parent / "outside.png")
    shop.write("cut.png", picture_bytes(size=(64, 64))[:60])
    shop.add(file, row)

    outcome = shop.run()

    assert outcome.err.startswith(problem)
    assert outcome.failure.startswith("1 problem, nothing was imported.")
    assert stored() == NOTHING


def test_after_twenty_problems_it_says_how_many_more_there_are(shop):
    for number in range(23):
        shop.add("lines.csv", f"O9,{number + 1},P1,1,1")

    outcome = shop.run()

    assert len(outcome.err.splitlines()) == 21
    assert outcome.err.splitlines()[-1] == "… and 3 more"


@pytest.mark.parametrize("option", ["abort", "skip"])
@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("orders.csv", None, "orders.csv:1: file is missing"),
        ("orders.csv", "order_id,placed_at\nO1,2026-01-01\n", "orders.csv:1: column is missing: user_id"),
        ("orders.csv", "", "orders.csv:1: column is missing: order_id, user_id, placed_at"),
        ("products.csv", b"product_id,title,image,\xff\n", "products.csv:1: broken UTF-8"),
        ("lines.csv", b"x" * 1_100_000, "lines.csv:1: row is longer than 1,000,000 characters"),
    ],
)
def test_a_file_that_cannot_be_used_is_never_skipped(shop, stored, option, file, content, problem):
    (shop.folder / file).unlink()
    if content is not None:
        shop.write(file, content)

    outcome = shop.run("--on-error", option)

    assert outcome.err.startswith(problem)
    assert outcome.failure.startswith("Nothing was imported.")
    assert stored() == NOTHING


def test_a_cut_off_archive_is_reported(shop, stored):
    import gzip

    packed = gzip.compress((shop.folder / "lines.csv").read_bytes())
    (shop.folder / "lines.csv").unlink()
    shop.write("lines.csv.gz", packed[: len(packed) // 2])

    outcome = shop.run()

    assert outcome.err.startswith("lines.csv.gz:")
    assert "cannot be read" in outcome.err
    assert stored() == NOTHING
