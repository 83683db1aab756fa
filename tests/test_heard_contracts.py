"""Every subscriber can read each sample of the events that it listens to, those of old versions too."""

import json
from pathlib import Path

import pytest

from event_bus.inbox.projections import projection_of
from event_bus.subscriptions import all_subscriptions

SAMPLES = sorted((Path(__file__).parent / "contracts").glob("*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("subscription", all_subscriptions(), ids=lambda subscription: subscription.name)
def test_a_subscriber_reads_what_is_announced(subscription, sample):
    topic = sample.stem.partition(".")[0]
    if topic in subscription.topics:
        event_class = projection_of(subscription.name).event_classes[sample.stem]
        written = json.loads(sample.read_text())

        read = json.loads(event_class.model_validate(written).model_dump_json())

        shared = {name: value for name, value in read.items() if name in written}
        assert shared == {name: written[name] for name in shared} | _read_in_part(read, written)


def test_nothing_is_listened_to_that_nobody_announces():
    announced = {path.stem for path in SAMPLES}

    for subscription in all_subscriptions():
        assert set(projection_of(subscription.name).event_classes) <= announced


def _read_in_part(read, written):
    """Lines are read without the fields that the history does not need."""
    if "lines" not in read:
        return {}
    return {
        "lines": [
            {name: line[name] for name in wanted}
            for line, wanted in zip(written["lines"], read["lines"], strict=True)
        ]
    }
