"""The status as it is shown: on the terminal, in the API, to Prometheus, and to health checks."""

import json
import re
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from event_bus.inbox.models import Checkpoint, Reconciliation
from event_bus.inbox.models import SignOfLife as ReadersSign
from event_bus.inbox.receiving import receive
from event_bus.outbox import canary, pruning
from event_bus.outbox.models import Chore, OutboxEvent, Partition
from event_bus.outbox.models import SignOfLife as ShopsSign
from event_bus.outbox.relay import relay, sweep
from event_bus.signs_of_life import this_host
from event_bus.status import bus_status
from event_bus.status.diagnosis import Level
from event_bus.status_page.views import drawing_of
from tests.event_bus.announcing import announce
from users.operations import import_users

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

ROOT = Path(__file__).parents[2]


@pytest.fixture
def alive(cursors, queued):
    """As if every process had just given a sign of life, and nothing was ever announced."""
    now = timezone.now()
    ShopsSign.objects.note("beat", at=now)
    ShopsSign.objects.note("relay", at=now)
    ShopsSign.objects.note("worker", queue="outbox", at=now)
    ReadersSign.objects.note("worker", queue="order_history", at=now)
    sweep()
    deliver(queued)


def deliver(queued):
    for message in queued():
        receive(message, at=timezone.now())


def status():
    return bus_status(at=timezone.now())


def test_when_all_is_applied_it_is_healthy(alive, queued):
    import_users([uuid4() for _ in range(5)])
    relay()
    deliver(queued)

    found = status()

    assert found.diagnosis.headline == "healthy"
    [reader] = found.facts.subscriptions
    assert (reader.lag, reader.lag_seconds, reader.queue_depth) == (0, 0.0, 0)
    assert reader.pace.per_second == pytest.approx(5 / 60)
    assert sum(minute.events for minute in reader.pace.minutes) == 5
    assert len(reader.pace.minutes) == 60
    assert 0 < reader.pace.p50 <= reader.pace.p99


def test_every_partition_says_how_far_it_is(alive, queued):
    key = uuid4()
    announce(5, key=key)
    relay()
    deliver(queued)
    announce(3, key=key)
    relay()
    announce(2, key=key)

    [reader] = status().facts.subscriptions

    [lane] = [lane for lane in reader.lanes if lane.head]
    assert (lane.topic, lane.head, lane.sent, lane.applied) == ("products", 8, 8, 5)
    assert (lane.unnumbered, lane.lag, reader.lag, reader.queue_depth) == (2, 5, 5, 1)
    assert 0 < lane.lag_seconds < 60


def test_the_age_of_the_lag_is_that_of_the_oldest_event_that_is_not_applied(alive, queued):
    announce(2, key=uuid4())
    OutboxEvent.objects.update(recorded_at=timezone.now() - timedelta(seconds=42))
    relay()

    [reader] = status().facts.subscriptions

    assert 42 <= reader.lag_seconds < 60


def test_a_canary_is_heard_by_every_subscription_and_counts_as_no_event(alive, queued):
    canary.sing(at=timezone.now())
    relay()
    deliver(queued)

    [reader] = status().facts.subscriptions

    assert 0 < reader.canary.took < 60
    assert (reader.lag, sum(minute.events for minute in reader.pace.minutes)) == (0, 0)
    assert not any(lane.topic == "canary" for lane in reader.lanes)


def test_an_old_canary_leaves_the_log(alive, queued):
    for hours_ago in (3, 2, 0):
        canary.sing(at=timezone.now() - timedelta(hours=hours_ago))
        relay()

    canary.sing(at=timezone.now())

    assert OutboxEvent.objects.filter(partition__topic="canary").count() == 2
    assert Partition.objects.get(topic="canary").head == 3


def test_a_sign_of_life_from_the_future_is_none(alive):
    """The clock was an hour ahead, and has been set back since."""
    ShopsSign.objects.filter(kind="beat").update(
        process=f"{this_host()}:1", seen_at=timezone.now() + timedelta(hours=1)
    )

    assert "beat is stopped" in status().diagnosis.headline
    with pytest.raises(CommandError, match="beat has never given a sign of life"):
        call_command("check_process", "beat")

    ShopsSign.objects.note("beat", at=timezone.now())  # the one that was started since

    assert status().diagnosis.headline == "healthy"
    call_command("check_process", "beat")


def test_a_log_that_is_shorter_than_what_was_applied_was_set_back(alive, queued):
    import_users([uuid4() for _ in range(20)])
    relay()
    deliver(queued)
    Partition.objects.filter(topic="users", head__gt=0).update(head=F("head") - 1)

    assert "the log of users/" in status().diagnosis.headline
    assert "was set back" in status().diagnosis.headline


def test_without_its_database_the_rest_is_still_known(alive, monkeypatch):
    def refuse(*_):
        raise OperationalError("refused")

    monkeypatch.setattr("event_bus.status.inbox_side.ask", refuse)

    found = status()

    assert found.diagnosis.level is Level.STOPPED
    assert "the readers' database does not answer (OperationalError: refused)" in found.diagnosis.headline
    [reader] = found.facts.subscriptions
    assert (reader.lag, reader.freshness, reader.queue_depth) == (None, None, 0)
    assert {process.kind for process in found.facts.processes} == {"beat", "relay", "worker"}


def test_without_the_broker_the_rest_is_still_known(alive, monkeypatch):
    def refuse(*_):
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr("event_bus.status.broker_side.ask", refuse)

    found = status()

    assert found.diagnosis.headline.startswith("stopped because the broker is gone (ConnectionRefusedError")
    [reader] = found.facts.subscriptions
    assert (reader.lag, reader.queue_depth) == (0, None)


def test_a_mistake_of_ours_is_no_outage(alive, monkeypatch):
    monkeypatch.setattr("event_bus.status.broker_side.ask", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        status()


def test_the_command_says_it_in_words_and_with_its_exit_status(alive):
    said = StringIO()

    call_command("bus_status", stdout=said)

    assert said.getvalue().splitlines()[0].strip() == "healthy"
    ShopsSign.objects.filter(kind="beat").update(seen_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(SystemExit) as ended:
        call_command("bus_status", stdout=said)
    assert ended.value.code == 1
    assert "beat is stopped" in said.getvalue()


def test_command_and_api_show_the_same(alive, admin_user):
    said = StringIO()
    call_command("bus_status", "--json", stdout=said)
    staff = APIClient()
    staff.force_authenticate(admin_user)

    answer = staff.get("/api/v1/event-bus/status/")

    assert answer.status_code == 200
    assert _shape(answer.json()) == _shape(json.loads(said.getvalue()))
    assert answer.json()["headline"] == "healthy"


def test_only_staff_see_it(alive, client):
    assert client.get("/api/v1/event-bus/status/").status_code in (401, 403)


def test_prometheus_reads_the_same_numbers(alive, client, queued):
    announce(3, key=uuid4())
    relay()

    answer = client.get("/metrics")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "event_bus_healthy 1.0" in text
    assert 'event_bus_queue_depth{queue="order_history"} 1.0' in text
    assert re.search(
        r'event_bus_lag_events{partition="\d",subscription="order_history",topic="products"} 3.0', text
    )


def test_the_alerts_and_the_dashboard_use_metrics_that_exist(alive, client, queued):
    canary.sing(at=timezone.now())
    relay()
    deliver(queued)
    compare(NOTHING_DIFFERED)

    there = set(re.findall(r"^(event_bus_\w+)", client.get("/metrics").content.decode(), flags=re.MULTILINE))

    for name in ("alerts.yml", "dashboard.json"):
        used = set(re.findall(r"\bevent_bus_\w+", (ROOT / "docs/monitoring" / name).read_text()))
        assert used <= there


def test_what_is_not_known_is_left_out(alive, client, monkeypatch):
    monkeypatch.setattr("event_bus.status.broker_side.ask", _refuse)

    text = client.get("/metrics").content.decode()

    assert "event_bus_healthy 0.0" in text
    assert "event_bus_queue_depth{" not in text


@pytest.mark.parametrize(
    ("token", "headers", "code"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "10.0.0.7"}, 401),
        ("", {"HTTP_X_FORWARDED_FOR": "10.0.0.7"}, 401),
        ("secret", {}, 401),
        ("secret", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 401),
        ("secret", {"HTTP_AUTHORIZATION": "Bearer secret", "REMOTE_ADDR": "10.0.0.7"}, 200),
    ],
)
def test_metrics_are_for_this_machine_or_for_whoever_has_the_token(
    alive, client, settings, token, headers, code
):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", **headers).status_code == code


@pytest.mark.parametrize("process", ["beat", "relay", "order_history"])
def test_a_health_check_asks_for_one_process(alive, process):
    said = StringIO()

    call_command("check_process", process, stdout=said)

    assert "last sign of life 0 s ago" in said.getvalue()
    for signs in (ShopsSign, ReadersSign):
        signs.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(CommandError, match="last sign of life 60 s ago"):
        call_command("check_process", process)


def test_a_health_check_of_an_unknown_process_says_which_there_are(alive):
    with pytest.raises(CommandError, match="known: order_history; or say beat or relay"):
        call_command("check_process", "nobody")


def test_the_first_sign_of_life_can_be_waited_for(db, monkeypatch):
    def beat_begins(_seconds):
        ShopsSign.objects.all().note("beat", at=timezone.now())

    monkeypatch.setattr("event_bus.management.commands.check_process.time.sleep", beat_begins)
    said = StringIO()

    call_command("check_process", "beat", "--wait", "20", stdout=said)

    assert "beat (" in said.getvalue()


def test_a_process_that_never_was_here_is_not_alive(db):
    with pytest.raises(CommandError, match="has never given a sign of life"):
        call_command("check_process", "beat")


def test_signs_of_what_is_long_gone_are_forgotten_but_the_last_stays(db):
    now = timezone.now()
    for hours_ago in (5, 4, 3):
        ShopsSign.objects.create(
            kind="beat", process=f"host:{hours_ago}", started_at=now, seen_at=now - timedelta(hours=hours_ago)
        )

    ShopsSign.objects.all().forget_old(at=now)

    assert [sign.process for sign in ShopsSign.objects.all()] == ["host:3"]


def _refuse(*_):
    raise ConnectionRefusedError("refused")


def _shape(answer):
    """What is there, whatever its value."""
    if isinstance(answer, dict):
        return {name: _shape(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_shape(value) for value in answer[:1]]
    return None


NOTHING_DIFFERED = {"rows": 1_200, "ranges": 3, "differing_ranges": 0, "drifted": 0, "repaired": 0}
TWO_DIFFERED = {**NOTHING_DIFFERED, "differing_ranges": 1, "drifted": 2}


def compare(figures, *, seconds_ago=60.0, finished=True, **more):
    """As if the history had been compared with its sources, in four seconds."""
    at = timezone.now() - timedelta(seconds=seconds_ago)
    return Reconciliation.objects.create(
        **{
            "subscription": "order_history",
            "repair": False,
            "begun_at": at - timedelta(seconds=4),
            "moved_at": at,
            "finished_at": at if finished else None,
            "part": "products",
            "figures": {"products": figures} if figures else {},
            **more,
        }
    )


def printed():
    said = StringIO()
    with suppress(SystemExit):
        call_command("bus_status", stdout=said)
    return said.getvalue()


def test_a_history_that_is_not_fresh_is_said_to_be_too_late(alive, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert "too late" not in printed()
    Checkpoint.objects.update(complete_as_of=timezone.now() - timedelta(minutes=5))

    assert "5 min too late" in printed()


def test_rows_that_differ_are_told_wherever_the_status_is(alive, client):
    left = uuid4()
    compare(TWO_DIFFERED, left=[["products", str(left)]])

    found = status()

    assert found.diagnosis.level is Level.ATTENTION
    assert "2 rows of order_history differ from what its sources have" in found.diagnosis.headline
    last = found.as_dict()["subscriptions"][0]["comparisons"]["last"]
    assert (last["rows"], last["differed"], last["repaired"], last["drift_left"]) == (1_200, 2, 0, 2)
    assert last["left"] == ({"part": "products", "id": str(left)},)
    assert re.search(r"order_history +6\d s ago +4\.0 s +1,200 +2 +0 +2", printed())
    text = client.get("/metrics").content.decode()
    assert 'event_bus_drift_rows{part="products",subscription="order_history"} 2.0' in text
    assert re.search(r'event_bus_comparison_age_seconds{subscription="order_history"} 6\d\.', text)
    [shown] = drawing_of(found)["comparisons"]
    assert shown.words == "60 s ago, 1,200 rows in 4.0 s: 2 rows differed, 2 still differ."


def test_a_comparison_that_was_given_up_does_not_replace_what_the_one_before_found(alive, client):
    compare(TWO_DIFFERED, seconds_ago=600)
    compare(None, error="waited in vain for digests of the source (products)")

    found = status()

    assert "2 rows of order_history differ" in found.diagnosis.headline
    assert "given up (waited in vain for digests" in found.diagnosis.headline
    assert "the newest was given up: waited in vain" in printed()
    assert 'part="products",subscription="order_history"} 2.0' in client.get("/metrics").content.decode()


def test_after_a_comparison_that_came_to_its_end_nobody_speaks_of_one_that_did_not(alive):
    compare(None, seconds_ago=600, error="waited in vain for digests of the source (products)")
    compare(NOTHING_DIFFERED)

    assert status().diagnosis.headline == "healthy"


def test_while_none_ever_came_to_its_end_the_age_of_a_comparison_is_that_of_the_first(alive, client):
    compare(None, seconds_ago=6000, error="waited in vain for digests of the source (products)")
    compare(None, seconds_ago=600, error="waited in vain for digests of the source (products)")

    assert re.search(r"comparison_age_seconds{\S+} 600\d\.", client.get("/metrics").content.decode())


def test_a_comparison_that_is_under_way_says_how_far_it_is(alive):
    compare(NOTHING_DIFFERED, seconds_ago=600)
    compare({**NOTHING_DIFFERED, "rows": 300}, seconds_ago=1, finished=False)

    found = status()

    assert found.facts.subscriptions[0].comparisons.under_way.seconds == pytest.approx(5, abs=2)
    assert "under way: 300 rows, now products" in printed()
    [shown] = drawing_of(found)["comparisons"]
    assert re.fullmatch(
        r"Comparing for \d\.\d s, now products: 300 of about 1,200 rows\.", shown.under_way.words
    )
    assert (shown.under_way.rows, shown.under_way.of, shown.command) == (300, 1_200, "")


def test_a_subscription_that_was_never_compared_names_the_command(alive, client):
    found = status()

    assert found.diagnosis.headline == "healthy"
    assert found.facts.subscriptions[0].comparisons.last is None
    assert re.search(r"order_history +never .*manage\.py reconcile does it", printed())
    [shown] = drawing_of(found)["comparisons"]
    assert shown.words == "Never compared with its sources."
    assert shown.command == "manage.py reconcile --subscription order_history"
    assert "event_bus_comparison_age_seconds{" not in client.get("/metrics").content.decode()


def test_a_log_that_is_not_pruned_is_told(alive):
    begun = timezone.now() - timedelta(hours=30)
    Chore.objects.create(name=pruning.CHORE, begun_at=begun)

    assert "the log is not pruned: what began 30 hours ago" in status().diagnosis.headline
    assert status().diagnosis.level is Level.ATTENTION
    Chore.objects.update(finished_at=timezone.now())
    assert status().diagnosis.headline == "healthy"


def test_what_was_repaired_is_said(alive):
    compare({**TWO_DIFFERED, "repaired": 2}, repair=True)

    found = status()

    assert found.diagnosis.headline == "healthy"
    [shown] = drawing_of(found)["comparisons"]
    assert shown.words.endswith(": 2 rows differed, all repaired.")
