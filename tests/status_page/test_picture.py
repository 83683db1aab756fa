"""The picture shows what is known, without clutter."""

from itertools import pairwise

import pytest

from event_bus.status_page.charts import last_hour
from event_bus.status_page.chips import chips
from event_bus.status_page.picture import draw
from event_bus.status_page.shapes import NARROW, WIDE
from event_bus.status_page.states import State
from tests.status_page import synthetic

both_layouts = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])


@both_layouts
@pytest.mark.parametrize(
    "moment", [synthetic.healthy, synthetic.trouble, synthetic.largest, synthetic.nothing_known]
)
def test_nothing_overlaps_and_nothing_leaves_the_picture(layout, moment):
    picture = draw(moment().facts, layout)

    cards = [(card.y, card.y + card.height) for card in picture.cards]
    assert all(above[1] < below[0] for above, below in pairwise(cards))
    assert cards[0][0] >= 0
    assert cards[-1][1] <= picture.height
    for card in picture.cards:
        rows = [row.y for row in card.rows]
        assert rows == sorted(set(rows))
        for row in card.rows:
            edges = [(cell.x, cell.x + cell.width) for cell in row.cells]
            assert all(left[1] < right[0] for left, right in pairwise(edges))
            assert edges[-1][1] <= card.right
            assert min(cell.width for cell in row.cells) >= 5


@both_layouts
def test_every_subscription_has_a_flow_from_each_of_its_topics_and_a_cell_for_each_partition(layout):
    picture = draw(synthetic.largest().facts, layout)

    assert [card.name for card in picture.cards] == [*synthetic.NAMES]
    assert [topic.name for topic in picture.topics] == [*synthetic.TOPICS]
    for card in picture.cards:
        assert [row.topic for row in card.rows] == [*synthetic.TOPICS]
        assert {len(row.cells) for row in card.rows} == {synthetic.PARTITIONS}


def test_arrows_leave_their_topic_side_by_side():
    picture = draw(synthetic.largest().facts, WIDE)

    starts = [row.flow.path.partition("C")[0] for card in picture.cards for row in card.rows]
    assert len(set(starts)) == len(starts)


def test_what_is_late_missing_or_put_aside_is_said():
    history, _, recommendations, warehouse, _ = draw(synthetic.trouble().facts, WIDE).cards

    assert history.state is State.LATE
    assert history.words == "8,868 behind · 55 s"
    assert [row.flow.label for row in history.rows] == ["0 /s · 2,956 behind, 55 s"] * 3
    assert recommendations.state is State.GAP
    assert [cell.title for row in recommendations.rows for cell in row.cells if cell.state is State.GAP] == [
        "orders/5: 4 behind, the oldest for 9.0 s; 4 missing from position 1181, asked for 2 times"
    ]
    assert warehouse.state is State.MOVING
    assert warehouse.dead_letters == "3 dead letters"


def test_a_healthy_picture_has_nothing_late():
    picture = draw(synthetic.healthy().facts, WIDE)

    states = {cell.state for card in picture.cards for row in card.rows for cell in row.cells}
    assert states == {State.FRESH, State.MOVING}


def test_what_is_not_known_is_not_called_up_to_date():
    picture = draw(synthetic.nothing_known().facts, WIDE)

    [card] = picture.cards
    assert (card.state, card.words, card.pace) == (State.UNKNOWN, "nothing known", "?")
    assert {topic.words for topic in picture.topics} == {"not known"}


def test_the_picture_can_be_told_in_words():
    description = draw(synthetic.trouble().facts, WIDE).description

    assert "order_history: 8,868 behind · 55 s" in description
    assert "3 dead letters" in description


def test_processes_of_one_kind_share_a_chip_that_is_good_while_one_lives():
    one = synthetic.subscription()
    processes = [
        synthetic.process("worker", "order_history", seen=900, alive=False, number=1),
        synthetic.process("worker", "order_history", seen=1, number=2),
        synthetic.process("worker", "order_history", seen=2, number=3),
        synthetic.process("beat", seen=90, alive=False),
    ]

    said = {
        chip.name: (chip.words, chip.state) for chip in chips(synthetic.facts([one], processes=processes))
    }

    assert said["worker order_history × 2"] == ("seen 1.0 s ago", "good")
    assert said["beat"] == ("seen 90 s ago", "bad")
    assert said["the broker"] == ("answers", "good")


def test_a_side_that_is_away_is_bad_and_says_why():
    said = {chip.name: (chip.words, chip.state) for chip in chips(synthetic.nothing_known().facts)}

    assert said["the broker"] == ("does not answer: OperationalError: connection refused", "bad")


def test_the_charts_tell_the_hour_minute_by_minute():
    hour = last_hour("order_history", synthetic.pace(12))

    assert len(hour.throughput.bars) == 60
    assert all(0 <= bar.y <= 96 and bar.height >= 2 for bar in hour.throughput.bars)
    assert "events in the last hour, at most" in hour.throughput.description
    assert hour.lag.line.count("M") == 1


def test_a_minute_without_events_has_no_bar_and_interrupts_the_line():
    hour = last_hour("order_history", synthetic.pace(0, stalled_for=330))

    assert len(hour.throughput.bars) == 54
    assert hour.throughput.bars[-1].x < 560


def test_an_hour_without_events_draws_nothing():
    quiet = synthetic.Pace(
        per_second=0, topics=(), minutes=tuple(_quiet(synthetic.pace(1).minutes)), p50=None, p99=None
    )

    hour = last_hour("order_history", quiet)

    assert (hour.throughput.bars, hour.lag.line) == ([], "")
    assert hour.lag.description == "Nothing was applied in the last hour."


def _quiet(minutes):
    return [synthetic.Minute(at=minute.at, events=0, late=None) for minute in minutes]
