"""The log keeps an event's data compressed, and gives back just what was stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_bus.outbox import payloads
from event_bus.outbox.payloads import UnknownDictionary, compress, decompress

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
)
ORDER = {
    "version": 1,
    "order_id": "0b7c34a5-6a0c-4f1e-9f3e-1d7f4e3a2b1c",
    "user_id": "5f0e8c1d-93b7-4f7a-8a55-2f6c1b9d7e30",
    "placed_at": "2026-03-01T12:00:00Z",
    "cancelled_at": None,
    "lines": [
        {"product_id": product_id, "quantity": 1, "unit_price": "12.5000", "currency": "EUR"}
        for product_id in ("9d3cfb1e-0a52-4d3a-b7a6-6a52f0c8e917", "c2a1d0f4-71b8-4e6f-8d25-3b9e7a6c5d14")
    ],
}


@given(ANYTHING)
def test_whatever_json_can_say_comes_back(data):
    assert json.loads(decompress(compress(data))) == data


def test_an_order_takes_less_than_half_of_its_json():
    assert len(compress(ORDER)) < len(json.dumps(ORDER)) / 2


def test_what_an_older_dictionary_compressed_stays_readable_when_a_new_one_is_added(bus, settings):
    old = compress(ORDER)
    _forget_dictionaries()
    bus(PAYLOAD_DICTIONARIES=[*settings.EVENT_BUS["PAYLOAD_DICTIONARIES"], "something else"])
    try:
        assert compress(ORDER)[0] == 1
        assert json.loads(decompress(old)) == ORDER
        assert json.loads(decompress(compress(ORDER))) == ORDER
    finally:
        _forget_dictionaries()


def test_a_dictionary_that_was_taken_away_is_named():
    with pytest.raises(UnknownDictionary, match="entry 7"):
        decompress(b"\x07" + compress(ORDER)[1:])


def _forget_dictionaries():
    payloads._dictionaries.cache_clear()
    payloads._primed.cache_clear()
