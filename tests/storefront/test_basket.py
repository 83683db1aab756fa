from uuid import UUID, uuid4

import pytest

from storefront.basket import MOST_PIECES, MOST_PRODUCTS, Basket, BasketFull

TEAPOT, LAMP = UUID(int=1), UUID(int=2)


def test_a_basket_is_read_as_it_was_written():
    basket = Basket({TEAPOT: 2, LAMP: 1})

    assert Basket.parse(str(basket)).quantities == {TEAPOT: 2, LAMP: 1}
    assert len(basket) == 3


@pytest.mark.parametrize(
    "text", ["", "nonsense", f"{TEAPOT.hex}", f"{TEAPOT.hex}:many", "::::....", "\x00:1"]
)
def test_what_is_not_ours_is_left_out(text):
    assert Basket.parse(f"{text}.{LAMP.hex}:3").quantities == {LAMP: 3}


def test_as_many_pieces_as_a_basket_takes_and_no_more():
    basket = Basket({TEAPOT: MOST_PIECES - 1})
    basket.add(TEAPOT, 5)

    assert basket.quantities == {TEAPOT: MOST_PIECES}
    assert Basket.parse(f"{TEAPOT.hex}:100000000000").quantities == {TEAPOT: MOST_PIECES}


def test_no_piece_takes_the_product_out():
    basket = Basket({TEAPOT: 1, LAMP: 1})
    basket.change(TEAPOT, 0)

    assert basket.quantities == {LAMP: 1}


def test_a_full_basket_takes_more_of_what_it_holds_but_nothing_new():
    basket = Basket({uuid4(): 1 for _ in range(MOST_PRODUCTS - 1)} | {TEAPOT: 1})
    basket.add(TEAPOT, 1)

    with pytest.raises(BasketFull):
        basket.add(LAMP, 1)
    assert len(str(basket)) < 4000  # bytes of a cookie
