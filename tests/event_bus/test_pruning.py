import fcntl
import gzip
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from event_bus.archives import ArchiveDamaged, read_archive
from event_bus.inbox import tasks
from event_bus.inbox.acknowledging import acknowledgement_of
from event_bus.inbox.models import Checkpoint
from event_bus.inbox.receiving import receive
from event_bus.messages import Acknowledged, Acknowledgement, Message, Run, Watermark
from event_bus.outbox import pruning
from event_bus.outbox import tasks as outbox_tasks
from event_bus.outbox.log import read_batches
from event_bus.outbox.models import Cursor, OutboxEvent, Partition
from event_bus.outbox.numbering import number_committed_events
from tests.event_bus.announcing import announce

KEY = UUID(int=7)
OLD = timezone.now() - timedelta(days=100)

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


@pytest.fixture
def log(cursors):
    """Five old events and two new ones, in one partition."""
    announce(5, key=KEY)
    OutboxEvent.objects.update(recorded_at=OLD)
    announce(2, key=KEY)
    number_committed_events()
    return Partition.objects.get(head=7)


def acknowledge(partition, position):
    one = Acknowledged(topic=partition.topic, partition=partition.number, position=position)
    pruning.acknowledge(Acknowledgement(subscription="order_history", positions=[one]))


def prune(**options):
    call_command("prune_events", "--older-than=90d", **options)


def positions():
    return sorted(OutboxEvent.objects.values_list("position", flat=True))


def test_old_events_that_everybody_has_applied_leave_the_log(log, capsys):
    acknowledge(log, 7)

    prune()

    assert positions() == [6, 7]
    assert Partition.objects.get(pk=log.pk).pruned == 5
    assert capsys.readouterr().out == "5 events removed for good: no --archive was given\n"


def test_what_a_subscription_has_not_applied_stays_and_it_is_named(log):
    acknowledge(log, 3)

    with pytest.raises(CommandError, match="order_history has not applied 2 of products/") as refused:
        prune()

    assert refused.value.returncode == 3
    assert positions() == [4, 5, 6, 7]


def test_a_subscription_that_never_answered_needs_everything(log):
    with pytest.raises(CommandError, match="has not applied 5"):
        prune()

    assert len(positions()) == 7


def test_an_acknowledgement_that_comes_late_takes_nothing_back(log):
    acknowledge(log, 5)
    acknowledge(log, 3)

    assert Cursor.objects.get(partition=log).acknowledged == 5


def test_what_leaves_the_log_stands_in_the_archive_as_it_was_sent(log, tmp_path, monkeypatch):
    monkeypatch.setattr(pruning, "ARCHIVED_AT_ONCE", 3)
    acknowledge(log, 7)
    sent = read_batches([Run(topic=log.topic, partition=log.number, first=1, last=5)])

    prune(archive=tmp_path)

    kept = list(read_archive(tmp_path))
    assert [(batch.first, batch.last) for batch in kept] == [(1, 3), (4, 5)]
    assert [event for batch in kept for event in batch.events] == sent[0].events


def test_nothing_leaves_the_log_that_the_archive_does_not_take(log, tmp_path):
    acknowledge(log, 7)
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="0 events removed, then stopped"):
        prune(archive=tmp_path / "file")

    assert len(positions()) == 7


def test_beat_says_that_an_archive_cannot_be_written_and_keeps_the_log(log, tmp_path, caplog):
    acknowledge(log, 7)
    (tmp_path / "file").touch()

    outbox_tasks.prune_events(90, archive=str(tmp_path / "file"))

    [said] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "the log is not pruned, since the archive" in said.getMessage()
    assert len(positions()) == 7
    outbox_tasks.prune_events(90, archive=str(tmp_path / "folder"))
    assert len(positions()) == 2


def test_two_who_prune_into_one_archive_take_turns(log, tmp_path, monkeypatch):
    """Or the second would write a file of the same name, without what the first is removing."""
    acknowledge(log, 7)
    seen = []

    def remove_with_another_waiting(*arguments, remove=pruning._remove):
        with pytest.raises(BlockingIOError), (tmp_path / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen.append(arguments[1])
        return remove(*arguments)

    monkeypatch.setattr(pruning, "_remove", remove_with_another_waiting)
    prune(archive=tmp_path)

    [run] = seen
    assert (run.first, run.last) == (1, 5)


def test_a_damaged_archive_is_not_read_as_if_it_were_whole(log, tmp_path):
    acknowledge(log, 7)
    prune(archive=tmp_path)
    [path] = tmp_path.glob("*.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1])))

    with pytest.raises(ArchiveDamaged, match="holds 4 events"):
        list(read_archive(tmp_path))


def test_pruned_positions_count_as_sent_when_they_are_asked_for(log):
    acknowledge(log, 7)
    prune()

    [batch] = read_batches([Run(topic=log.topic, partition=log.number, first=1, last=7)])
    receive(Message(subscription="order_history", batches=[batch.model_copy(update={"events": []})]), at=OLD)

    assert len(batch.events) == 2
    assert Checkpoint.objects.get().applied == [[1, 7]]


def test_a_subscription_says_what_it_has_applied_only_if_that_is_news(log):
    batch = {"topic": log.topic, "partition": log.number, "first": 1, "last": 4, "events": []}
    receive(Message(subscription="order_history", batches=[batch]), at=OLD)

    def sweep(acknowledged):
        mark = Watermark(
            topic=log.topic, partition=log.number, head=7, sent=7, as_of=OLD, acknowledged=acknowledged
        )
        return acknowledgement_of(Message(subscription="order_history", watermarks=[mark]))

    assert sweep(4) is None
    assert sweep(None) is None  # from an older release
    assert [one.position for one in sweep(0).positions] == [4]


def test_what_is_acknowledged_was_applied_before_a_commit_that_lasts(log, monkeypatch):
    def batch(first, last):
        return {"topic": log.topic, "partition": log.number, "first": first, "last": last, "events": []}

    def meanwhile(subscription):
        receive(Message(subscription=subscription, batches=[batch(5, 7)]), at=OLD)

    receive(Message(subscription="order_history", batches=[batch(1, 4)]), at=OLD)
    monkeypatch.setattr(tasks.asking, "go_on", meanwhile)
    sent = []
    monkeypatch.setattr(tasks, "_acknowledge", sent.append)
    mark = Watermark(topic=log.topic, partition=log.number, head=7, sent=7, as_of=OLD, acknowledged=0)

    tasks.receive(Message(subscription="order_history", watermarks=[mark]).model_dump(mode="json"))
    tasks.receive(Message(subscription="order_history", watermarks=[mark]).model_dump(mode="json"))

    assert Checkpoint.objects.get().applied == [[1, 7]]
    assert [one.position for news in sent for one in news.positions] == [4, 7]


def test_a_prune_that_was_killed_loses_nothing_from_the_archive(log, tmp_path, monkeypatch):
    monkeypatch.setattr(pruning, "DELETED_AT_ONCE", 2)
    acknowledge(log, 7)
    sent = read_batches([Run(topic=log.topic, partition=log.number, first=1, last=5)])
    with monkeypatch.context() as killed:
        killed.setattr(pruning, "_note_pruned", _dies_after(2, pruning._note_pruned))
        with pytest.raises(Killed):
            prune(archive=tmp_path)

    prune(archive=tmp_path)

    kept = [event for batch in read_archive(tmp_path) for event in batch.events]
    assert {event["position"]: event for event in kept} == {e["position"]: e for e in sent[0].events}
    applied = Message(subscription="order_history", batches=list(read_archive(tmp_path)))
    receive(applied, at=OLD)
    assert Checkpoint.objects.get().applied == [[1, 5]]


class Killed(BaseException):
    """What SIGKILL does to a transaction."""


def _dies_after(times, function):
    left = iter(range(times))

    def die_or_go_on(*arguments, **named):
        function(*arguments, **named)
        if next(left, None) is None:
            raise Killed

    return die_or_go_on
