"""The rules of the diagnosis: facts in, words out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from event_bus.inbox.canary import CanaryHeard
from event_bus.inbox.freshness import Freshness
from event_bus.status.diagnosis import Level, diagnose
from event_bus.status.facts import (
    ComparedPart,
    Comparison,
    Comparisons,
    DeadLetterKind,
    DeadLetters,
    Facts,
    Gap,
    Lane,
    Pace,
    Process,
    Side,
    SubscriptionFacts,
)
from event_bus.status.rules import Kind
from tests.delivering import NOW


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def process(kind, queue="", *, seen=1.0, started=3600.0):
    name = f"host:{kind}{queue}"
    return Process(kind, queue, name, started_at=ago(started), seen_at=ago(seen), alive=seen < 10)


LANE = Lane(
    topic="orders",
    partition=2,
    head=100,
    sent=100,
    applied=100,
    unnumbered=0,
    lag=0,
    lag_seconds=0.0,
    gap=None,
)
NONE = DeadLetters(0, None, ())
RUN = Comparison(
    repair=False,
    begun_at=ago(64),
    finished_at=ago(60),
    seconds=4.0,
    rows=1_000,
    differed=0,
    repaired=0,
    drift_left=0,
    error="",
    part="orders",
    parts=(ComparedPart("orders", 1_000, 0, 0),),
    left=(),
)
COMPARED = Comparisons(last=RUN, given_up=None, under_way=None, unseen_since=RUN.finished_at)
READER = SubscriptionFacts(
    name="order_history",
    topics=("orders",),
    lanes=(LANE,),
    lag=0,
    lag_seconds=0.0,
    queue_depth=0,
    moved_at=ago(1),
    freshness=Freshness(ago(1), 1.0, 14.0),
    pace=Pace(per_second=50.0, topics=(), minutes=(), p50=0.1, p99=0.2),
    canary=CanaryHeard(ago(3), ago(2.9), 0.1),
    dead_letters=NONE,
    comparisons=COMPARED,
)
HEALTHY = Facts(
    at=NOW,
    objective=15.0,
    outbox=Side("the shop's database", answers=True),
    inbox=Side("the readers' database", answers=True),
    broker=Side("the broker", answers=True),
    topics=(),
    subscriptions=(READER,),
    processes=(
        process("beat"),
        process("relay"),
        process("worker", "outbox"),
        process("worker", "order_history"),
    ),
    outbox_queue_depth=0,
    strays=NONE,
    pruning_since=None,
)


def reader(**changes):
    return replace(HEALTHY, subscriptions=(replace(READER, **changes),))


def processes(*changed):
    """The healthy ones, with these instead of those of their kind and queue."""
    kept = [
        one
        for one in HEALTHY.processes
        if (one.kind, one.queue) not in {(new.kind, new.queue) for new in changed}
    ]
    return replace(HEALTHY, processes=(*kept, *changed))


def kinds(facts):
    return [cause.kind for cause in diagnose(facts).causes]


def test_when_everything_flows_it_is_healthy():
    assert diagnose(HEALTHY).headline == "healthy"
    assert diagnose(HEALTHY).level is Level.HEALTHY


def test_a_broker_that_is_gone_is_named_first_and_what_follows_from_it_is_not_named():
    facts = replace(
        reader(lag=5, lag_seconds=60.0, queue_depth=None, canary=CanaryHeard(ago(60), ago(60), 0.1)),
        broker=Side("the broker", answers=False, error="ConnectionError: refused"),
    )

    assert kinds(facts) == [Kind.BROKER_GONE]
    assert diagnose(facts).headline == (
        "stopped because the broker is gone (ConnectionError: refused): nothing is carried, and nothing is lost"
    )


@pytest.mark.parametrize("side", ["outbox", "inbox"])
def test_a_database_that_is_away_is_named_and_what_only_it_knows_is_not_guessed(side):
    gone = replace(getattr(HEALTHY, side), answers=False, error="OperationalError: refused")
    facts = replace(HEALTHY, **{side: gone}, processes=() if side == "outbox" else HEALTHY.processes[:3])
    found = kinds(facts)

    assert found[0] is Kind.DATABASE_AWAY
    assert set(found) <= {Kind.DATABASE_AWAY, Kind.WORKER_DEAD}
    assert f"{gone.name} does not answer (OperationalError: refused)" in diagnose(facts).headline


def test_without_an_outbox_nothing_is_said_of_beat_and_relay():
    facts = replace(HEALTHY, outbox=None, processes=(process("worker", "order_history"),))

    assert diagnose(facts).headline == "healthy"


def test_beat_stopped():
    headline = diagnose(processes(process("beat", seen=14))).headline

    assert headline == (
        "stopped because beat is stopped (last sign of life 14 s ago): nothing is swept, and losses stay unnoticed"
    )


def test_a_new_beat_counts_whatever_became_of_the_old_one():
    assert kinds(processes(process("beat", seen=900), process("beat", seen=1))) == []


def test_a_process_that_was_never_seen():
    facts = replace(HEALTHY, processes=HEALTHY.processes[1:])

    assert "beat is stopped (no sign of life ever)" in diagnose(facts).headline


def test_relay_dead():
    assert kinds(processes(process("worker", "outbox", seen=12))) == [Kind.RELAY_DEAD]


def test_a_relay_whose_worker_lives_but_does_not_run():
    facts = processes(process("relay", seen=33))

    assert kinds(facts) == [Kind.RELAY_NOT_RUNNING]
    assert "no run has ended well for 33 s" in diagnose(facts).headline


def test_a_relay_whose_worker_has_just_started_has_some_time():
    assert kinds(processes(process("relay", seen=33), process("worker", "outbox", started=5))) == []


def test_worker_dead():
    facts = replace(
        reader(queue_depth=3), processes=(*HEALTHY.processes[:3], process("worker", "order_history", seen=12))
    )

    assert diagnose(facts).headline == (
        "stopped because no worker of order_history is alive (last sign of life 12 s ago); "
        "3 messages wait and none is taken"
    )


def test_a_worker_that_stands_still():
    facts = reader(queue_depth=3, moved_at=ago(8))

    assert kinds(facts) == [Kind.WORKER_STANDS_STILL]
    assert "3 messages wait, and none has come through for 8 s" in diagnose(facts).headline


def test_a_gap_being_healed_is_named_with_how_often_it_was_asked_for():
    gap = Gap(first=77, missing=24, noticed_at=ago(9), asks=2)
    facts = reader(lanes=(replace(LANE, lag=24, lag_seconds=10.0, gap=gap),), lag=24, lag_seconds=10.0)
    diagnosis = diagnose(facts)

    assert diagnosis.causes[0].kind is Kind.GAP
    assert diagnosis.headline.startswith(
        "late by 10 s because a gap of order_history is being healed: 24 events are missing "
        "(orders/2 from position 77) for 9 s, asked for again 2 times"
    )


def test_a_gap_that_was_asked_for_in_vain_raises_a_suspicion():
    facts = reader(lanes=(replace(LANE, gap=Gap(first=77, missing=1, noticed_at=ago(90), asks=5)),))

    assert "asked for again 5 times: it may hold an event that ends whoever applies it" in (
        diagnose(facts).headline
    )


def test_a_gap_of_a_moment_is_none():
    assert kinds(reader(lanes=(replace(LANE, gap=Gap(77, 1, ago(0.5), 0)),))) == []


def test_a_subscriber_that_is_behind_says_when_it_will_be_through():
    facts = reader(lag=12_000, lag_seconds=42.0, queue_depth=60)

    assert diagnose(facts).headline == (
        "late by 42 s because order_history is behind by 12,000 events "
        "(at 50 a second 240 s to go; 60 messages wait)"
    )


def test_a_full_queue_is_named_at_once():
    facts = reader(lag=900, lag_seconds=2.0, queue_depth=100)

    assert "its queue is full, the outbox keeps the rest" in diagnose(facts).headline


def test_events_on_their_way_are_nothing_to_speak_of():
    assert kinds(reader(lag=7, lag_seconds=1.5, queue_depth=1)) == []


def test_a_frozen_pipeline_is_found_by_its_canary_although_nothing_lags():
    facts = reader(canary=CanaryHeard(ago(45), ago(44), 1.0))

    assert kinds(facts) == [Kind.FROZEN]
    assert "no canary has come through for 45 s, one is due every 5 s" in diagnose(facts).headline


def test_after_a_night_without_beat_the_canary_has_some_time():
    facts = replace(
        reader(canary=CanaryHeard(ago(9000), ago(9000), 1.0)),
        processes=(process("beat", started=4), *HEALTHY.processes[1:]),
    )

    assert kinds(facts) == []


def test_a_broken_freshness_objective_is_said_even_without_a_cause():
    facts = reader(freshness=Freshness(ago(22), 22.0, -7.0))

    assert diagnose(facts).headline == (
        "late by 22 s because order_history is only known to be complete up to 22 s ago"
    )


def test_dead_letters_ask_for_attention_while_everything_flows():
    kind = DeadLetterKind("builtins.ValueError", "no\ntitle", "products.product_created.v1", 3, ago(60))
    facts = reader(dead_letters=DeadLetters(3, ago(60), (kind,)))
    diagnosis = diagnose(facts)

    assert diagnosis.level is Level.ATTENTION
    assert diagnosis.headline == (
        "everything flows, but 3 events of order_history put aside: ValueError: no title"
    )


def test_the_worst_cause_stands_in_the_line_and_all_of_them_in_the_list():
    kind = DeadLetterKind("ValueError", "no title", "", 1, ago(60))
    facts = replace(
        processes(process("beat", seen=14)),
        subscriptions=(replace(READER, dead_letters=DeadLetters(1, ago(60), (kind,))),),
    )

    assert "no title" not in diagnose(facts).headline
    assert kinds(facts) == [Kind.BEAT_STOPPED, Kind.DEAD_LETTERS]


def last(**found):
    return reader(comparisons=replace(COMPARED, **found))


def test_rows_that_differ_from_their_sources_ask_for_attention():
    facts = last(last=replace(RUN, differed=2, drift_left=2))

    assert diagnose(facts).level is Level.ATTENTION
    assert diagnose(facts).headline == (
        "everything flows, but 2 rows of order_history differ from what its sources have: "
        "manage.py reconcile --repair --subscription order_history has them announced again"
    )
    assert kinds(last(last=replace(RUN, repair=True, differed=2, repaired=2))) == []


def test_what_a_repair_could_not_mend_is_said_so():
    facts = last(last=replace(RUN, repair=True, differed=2, repaired=1, drift_left=1))

    assert "1 row of order_history differs from what its sources have even after a repair: " in (
        diagnose(facts).headline
    )


def test_while_a_repair_is_under_way_nobody_is_told_to_begin_one():
    under_way = replace(RUN, repair=True, finished_at=None)
    facts = last(last=replace(RUN, differed=2, drift_left=2), under_way=under_way)

    assert diagnose(facts).headline.endswith("what its sources have: a repair is under way")


def test_a_comparison_that_was_given_up_asks_for_attention_and_hides_no_drift():
    given_up = replace(RUN, error="waited in vain for digests of the source (products)")
    facts = last(given_up=given_up)

    assert kinds(facts) == [Kind.DRIFT]
    assert (
        "was given up (waited in vain for digests of the source (products)): "
        "manage.py reconcile --subscription order_history tries again"
    ) in diagnose(facts).headline
    assert kinds(last(last=replace(RUN, differed=2, drift_left=2), given_up=given_up)) == [Kind.DRIFT] * 2


def test_drift_is_named_after_dead_letters():
    kind = DeadLetterKind("ValueError", "no title", "", 1, ago(60))
    facts = reader(
        dead_letters=DeadLetters(1, ago(60), (kind,)),
        comparisons=replace(COMPARED, last=replace(RUN, differed=2, drift_left=2)),
    )

    assert kinds(facts) == [Kind.DEAD_LETTERS, Kind.DRIFT]


def test_a_log_that_was_set_back_is_named():
    behind = replace(LANE, head=94, sent=94, applied=100)

    found = diagnose(reader(lanes=(LANE, behind)))

    assert found.level is Level.STOPPED
    assert "the log of orders/2 was set back" in found.headline
    assert "it ends at 94, order_history has applied 100" in found.headline
