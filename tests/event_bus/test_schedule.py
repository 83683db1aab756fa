"""What is done from time to time is done on time, however often beat is restarted and however many ask."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from celery import current_app
from celery.beat import ScheduleEntry
from celery.schedules import crontab, schedule
from django.conf import settings
from django.db import connections
from django.utils import timezone

from config.settings.schedule import beat_schedule
from event_bus.inbox import tasks as inbox_tasks
from event_bus.inbox.models import Reconciliation
from event_bus.outbox import pruning
from event_bus.outbox import tasks as outbox_tasks
from event_bus.outbox.models import Chore, Cursor, OutboxEvent
from event_bus.outbox.numbering import number_committed_events
from tests.event_bus.announcing import announce

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

RARE = ("reconcile", "prune events")


@pytest.fixture
def asked(queued):
    """What beat asks for, as often as one likes, at times that are given; the questions to the source are lost."""

    def ask(name, **bus):
        entry = beat_schedule({**settings.EVENT_BUS, **bus})[name]
        current_app.tasks[entry["task"]](*entry["args"])

    return ask


@pytest.fixture
def now(monkeypatch):
    """The tasks' clock, which goes on when it is told to."""

    class Clock:
        at = timezone.now()

        def goes_on(self, **by):
            self.at += timedelta(**by)

    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.at)
    return clock


def finish_runs(at):
    Reconciliation.objects.open().update(finished_at=at)


@pytest.mark.parametrize("reconcile", ["report", "repair", "off"])
@pytest.mark.parametrize("days", [0.0, 90.0])
def test_every_task_of_the_schedule_exists_and_so_does_its_queue(reconcile, days):
    current_app.loader.import_default_modules()
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}

    for entry in beat_schedule(
        {**settings.EVENT_BUS, "RECONCILE": reconcile, "RETENTION_DAYS": days}
    ).values():
        assert entry["task"] in current_app.tasks
        assert entry["options"]["queue"] in queues - {"unused"}


def test_off_means_off():
    entries = beat_schedule({**settings.EVENT_BUS, "RECONCILE": "off", "RETENTION_DAYS": 0.0})

    assert not set(RARE) & set(entries)


@pytest.mark.parametrize("name", RARE)
def test_a_beat_that_is_restarted_every_five_minutes_still_asks(name):
    bus = {**settings.EVENT_BUS, "RECONCILE_HOURS": 24.0, "RETENTION_DAYS": 90.0}
    every = beat_schedule(bus)[name]["schedule"]
    assert not isinstance(every, crontab)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    entry = ScheduleEntry(name=name, schedule=schedule(every, nowfun=lambda: start))

    entry.schedule.nowfun = lambda: start + timedelta(minutes=5)

    assert entry.is_due().is_due


def test_a_comparison_is_begun_when_one_is_due_and_not_before(asked, now):
    asked("reconcile")
    finish_runs(now.at)

    now.goes_on(hours=23, minutes=59)
    asked("reconcile")
    assert Reconciliation.objects.count() == 1

    now.goes_on(minutes=2)
    asked("reconcile")
    asked("reconcile")
    assert Reconciliation.objects.count() == 2


def test_the_configured_hours_count(asked, now):
    asked("reconcile", RECONCILE_HOURS=2.0)
    finish_runs(now.at)

    now.goes_on(hours=2, seconds=1)
    asked("reconcile", RECONCILE_HOURS=2.0)

    assert Reconciliation.objects.count() == 2


def test_a_comparison_that_only_reported_puts_off_no_repair(asked, now):
    asked("reconcile", RECONCILE="report")
    finish_runs(now.at)

    asked("reconcile", RECONCILE="repair")
    finish_runs(now.at)
    asked("reconcile", RECONCILE="report")

    assert [run.repair for run in Reconciliation.objects.all()].count(True) == 1
    assert Reconciliation.objects.count() == 2


def test_a_long_comparison_is_not_begun_a_second_time(asked, now):
    asked("reconcile")

    now.goes_on(hours=30)
    asked("reconcile")

    assert Reconciliation.objects.count() == 1


def test_a_message_of_an_older_beat_begins_one_at_once(now, queued):
    inbox_tasks.reconcile("order_history", False)
    finish_runs(now.at)

    inbox_tasks.reconcile("order_history", False)

    assert Reconciliation.objects.count() == 2


@pytest.fixture
def prunes(monkeypatch):
    """How often the log was looked through; what each look finds can be set."""
    looks = []
    monkeypatch.setattr(outbox_tasks.pruning, "prune", lambda *_, **__: looks.append(1) or iter(()))
    return looks


def test_the_log_is_pruned_every_hour_and_not_more_often(asked, now, prunes):
    for _ in range(121):
        asked("prune events", RETENTION_DAYS=90.0)
        now.goes_on(minutes=1)

    assert len(prunes) == 3  # at 0, 60 and 120 minutes


def test_a_prune_that_is_not_through_goes_on_at_the_next_turn(asked, now, monkeypatch):
    monkeypatch.setattr(outbox_tasks, "PRUNE_FOR", -1.0)
    left = [4, 3, 2, 1]

    class Pruned:
        events, run = 1, "products/0:1…1"

    def prune(older_than, archive):
        while left:
            left.pop()
            yield Pruned()

    monkeypatch.setattr(outbox_tasks.pruning, "prune", prune)

    for remaining in (3, 2, 1, 0):
        asked("prune events", RETENTION_DAYS=90.0)
        assert len(left) == remaining
        now.goes_on(minutes=1)
    assert Chore.objects.get().finished_at is None

    asked("prune events", RETENTION_DAYS=90.0)
    assert Chore.objects.get().finished_at == now.at


def test_a_prune_that_was_killed_is_taken_up_once_it_is_surely_dead(asked, now, prunes):
    hold = timedelta(seconds=60)
    assert Chore.objects.take(pruning.CHORE, every=timedelta(hours=1), at=now.at, hold=hold)

    now.goes_on(seconds=59)
    asked("prune events", RETENTION_DAYS=90.0)
    assert len(prunes) == 0

    now.goes_on(seconds=1)
    asked("prune events", RETENTION_DAYS=90.0)
    assert len(prunes) == 1


def test_a_prune_removes_what_is_older_than_configured(asked, cursors, now):
    announce(3, key=UUID(int=7))
    OutboxEvent.objects.update(recorded_at=now.at - timedelta(days=91))
    announce(1, key=UUID(int=7))
    number_committed_events()
    Cursor.objects.update(acknowledged=4)

    asked("prune events", RETENTION_DAYS=90.0)

    assert [event.position for event in OutboxEvent.objects.all()] == [4]
    assert Chore.objects.get().finished_at == now.at


@pytest.mark.postgres
@pytest.mark.django_db(databases=["default", "order_history"], transaction=True)
@pytest.mark.parametrize("name", RARE)
def test_of_many_workers_that_are_asked_at_once_one_begins(asked, monkeypatch, name):
    prunes = []

    def prune(*_, **__):
        prunes.append(1)
        return iter(())

    monkeypatch.setattr(outbox_tasks.pruning, "prune", prune)
    failed = []
    together = Barrier(6)

    def work():
        try:
            together.wait()
            asked(name, RETENTION_DAYS=90.0)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert not failed
    assert (len(prunes) if name == "prune events" else Reconciliation.objects.count()) == 1
