import pytest

from tests.delivering import Wire


@pytest.fixture
def wire(db):
    return Wire()


@pytest.fixture
def one_partition(settings):
    """The history hears of one partition of one topic, and that is all there is."""
    subscription = {**settings.EVENT_BUS["SUBSCRIPTIONS"]["order_history"], "TOPICS": ["orders"]}
    settings.EVENT_BUS = {
        **settings.EVENT_BUS,
        "PARTITIONS": 1,
        "SUBSCRIPTIONS": {"order_history": subscription},
    }


@pytest.fixture
def given(wire):
    """Delivers these events to the history, one message each call."""
    return wire.deliver
