import pytest

from tests.delivering import Wire


@pytest.fixture
def wire(db):
    return Wire()


@pytest.fixture
def given(wire):
    """Delivers these events to the history, one message each call."""
    return wire.deliver
