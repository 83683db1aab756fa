import tracemalloc

import pytest

from shop_import.checking import check, shop_files
from shop_import.staging import Staging


def write_set(folder, *, lines):
    folder.mkdir()
    (folder / "products.csv").write_text("product_id,title,image\nP1,Lamp,\n")
    with (folder / "orders.csv").open("w") as orders, (folder / "lines.csv").open("w") as rows:
        orders.write("order_id,user_id,placed_at\n")
        rows.write("order_id,line_no,product_id,quantity,unit_price\n")
        for number in range(lines):
            orders.write(f"O{number},U{number},2026-01-01\n")
            rows.write(f"O{number},1,P1,{number % 2},1.50\n")  # every other one is faulty


def peak_of_checking(folder, staged_in):
    tracemalloc.start()
    try:
        with Staging(staged_in) as staging:
            check(folder, shop_files(folder), staging, leave_out=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_set(tmp_path):
    write_set(tmp_path / "small", lines=8_000)
    write_set(tmp_path / "large", lines=24_000)

    small = peak_of_checking(tmp_path / "small", tmp_path)
    large = peak_of_checking(tmp_path / "large", tmp_path)

    assert large < small * 1.3


def test_staging_leaves_no_file_behind(tmp_path):
    with Staging(tmp_path), pytest.raises(StopIteration):
        next(tmp_path.iterdir())
