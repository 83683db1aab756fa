"""A person who is erased is gone everywhere, and nothing that comes late, again or anew brings them back."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Event, Thread, Timer
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from event_bus.archives import changing, read_archive
from event_bus.context import acting
from event_bus.inbox.dead_letters import put_aside, retry_dead_letters, select_waiting
from event_bus.inbox.models import Checkpoint, DeadLetter, Delivery
from event_bus.inbox.receiving import receive
from event_bus.inbox.tasks import receive as receive_task
from event_bus.messages import Acknowledged, Acknowledgement, Message, Run
from event_bus.outbox import pruning
from event_bus.outbox.forgetting import forget_in_archive
from event_bus.outbox.models import OutboxEvent, Partition
from event_bus.outbox.publishing import publish
from event_bus.outbox.relay import create_missing_cursors
from order_history import projections
from order_history.incoming_events import UserErased
from order_history.models import HistoryOrderLine, HistoryUser, OrderedProduct
from orders import announcing
from orders.announcing import state_of
from orders.events import OrderPlaced
from orders.importing import LineToImport, OrderToImport, import_orders
from orders.models import IdempotencyKey, Order
from orders.operations import LineToOrder, cancel_order, place_order_once
from products.operations import create_product
from tests.in_process import NOW, Way
from users.models import User
from users.operations import erase_user, set_access, sign_up

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


@pytest.fixture
def way():
    return Way()


@pytest.fixture
def lamp(way):
    return create_product(title="Lamp", price=1)


@pytest.fixture
def ann(lamp):
    return customer("ann@example.com", lamp)


@pytest.fixture
def bob(lamp):
    return customer("bob@example.com", lamp)


def customer(email, product):
    user = sign_up(email=email, password=None)
    for n in range(2):
        place_order_once(user_id=user.id, lines=[LineToOrder(product.id, 1)], at=NOON, key=f"wish {n}")
    return user


def erase(user, **options):
    call_command("erase_user", str(user.id), **options)


def is_gone(user):
    kept = HistoryUser.objects.get(user_id=user.id)
    return (
        kept.erased_at is not None
        and not HistoryOrderLine.objects.filter(user_id=user.id).exists()
        and not OrderedProduct.objects.filter(user_id=user.id).exists()
    )


def test_an_erased_person_is_gone_from_users_history_and_log_and_others_stay(way, ann, bob):
    way.deliver()

    erase_user(user_id=ann.id, at=NOON)
    way.deliver()

    assert is_gone(ann)
    assert OrderedProduct.objects.of_user(bob.id).count() == 1
    assert events_naming(ann) == ["users.user_erased.v1"]
    assert len(events_naming(bob)) == 3
    assert set(IdempotencyKey.objects.values_list("user_id", flat=True)) == {bob.id}
    assert Order.objects.filter(user_id=ann.id).count() == 2  # the books need them


def test_what_the_log_says_about_who_acted_is_forgotten(way, ann):
    set_access(user_id=ann.id, is_staff=True, is_superuser=False)
    with acting(str(ann.id)):
        create_product(title="Chair", price=1)
    set_access(user_id=ann.id, is_staff=False, is_superuser=False)

    erase_user(user_id=ann.id, at=NOON)

    assert not OutboxEvent.objects.filter(actor=str(ann.id)).exists()


def test_for_a_customer_nobody_reads_the_whole_log(way, ann):
    with CaptureQueriesContext(connections["default"]) as asked:
        erase_user(user_id=ann.id, at=NOON)

    log = [one["sql"] for one in asked if "outbox_outboxevent" in one["sql"] and "INSERT" not in one["sql"]]
    assert log
    assert all('"subject" IN' in sql or '"id" IN' in sql for sql in log), log


def test_the_receipt_says_what_was_removed_where(ann, capsys):
    erase(ann)

    receipt = capsys.readouterr().out
    assert "users: 1 row" in receipt
    assert "orders: 2 idempotency keys" in receipt
    assert "log: 3 events" in receipt


def test_nobody_unknown_is_erased():
    with pytest.raises(CommandError, match="there is no user"):
        call_command("erase_user", str(uuid4()))


def test_an_order_event_that_comes_late_does_not_bring_them_back(way, ann):
    erase_user(user_id=ann.id, at=NOON)
    way.deliver()

    announce_an_order_of(ann)
    way.deliver()
    assert is_gone(ann)

    erase(ann)  # again: what has come in since
    assert events_naming(ann) == ["users.user_erased.v1"]


def test_a_replay_of_the_whole_log_does_not_bring_them_back(way, ann, bob):
    way.deliver()
    erase_user(user_id=ann.id, at=NOON)
    announce_an_order_of(ann)
    for model in (OrderedProduct, HistoryOrderLine, HistoryUser):
        model.objects.all().delete()

    way.replay()

    assert is_gone(ann)
    assert OrderedProduct.objects.of_user(bob.id).count() == 1


def test_announcing_everything_does_not_bring_them_back(way, ann):
    erase_user(user_id=ann.id, at=NOON)

    for topic in ("users", "orders"):
        call_command("announce", topic, rate=0)
    way.deliver()

    assert is_gone(ann)


def test_their_dead_letters_go_and_one_that_is_retried_later_does_not_bring_them_back(
    way, ann, bob, monkeypatch
):
    def fails(events):
        raise ValueError("a bug")

    with monkeypatch.context() as faulty:
        faulty.setattr(projections, "_lock_users", fails)
        way.deliver()
        assert DeadLetter.objects.count() == 4
        erase_user(user_id=ann.id, at=NOON)
        way.deliver()
        assert {letter.content["data"]["user_id"] for letter in DeadLetter.objects.all()} == {str(bob.id)}
        faulty.setattr(projections.projection, "erased_among", lambda ids: set())  # as an older release did
        announce_an_order_of(ann)
        way.deliver()

    outcome = retry_dead_letters(select_waiting(), at=NOW)

    assert outcome.applied == 3
    assert is_gone(ann)
    erase(ann)
    way.deliver()
    assert not DeadLetter.objects.filter(content__data__user_id=str(ann.id)).exists()


def test_an_event_that_fails_after_the_erasure_is_not_put_aside(way, ann, bob, monkeypatch, caplog):
    way.deliver()
    erase_user(user_id=ann.id, at=NOON)
    way.deliver()

    def fails(events):
        raise ValueError(f"a bug: {events}")

    with monkeypatch.context() as faulty:
        faulty.setattr(projections, "_lock_users", fails)
        announce_an_order_of(ann)
        announce_an_order_of(bob)
        way.deliver()

    [letter] = DeadLetter.objects.all()
    assert letter.content["data"]["user_id"] == str(bob.id)
    assert "about somebody who was erased" in caplog.text
    assert str(ann.id) not in caplog.text
    assert sum(row.dead_lettered for row in Delivery.objects.all()) == 1
    assert all(len(row.applied) == 1 for row in Checkpoint.objects.all())  # no gap is left


@pytest.mark.parametrize("subscription", ["order_history", "unheard_of", ""])
def test_a_message_that_nobody_can_read_is_not_put_aside_if_it_names_them(way, ann, bob, subscription):
    way.deliver()
    erase_user(user_id=ann.id, at=NOON)
    way.deliver()

    for user in (ann, bob):
        for content in ({"batches": [{"events": [{"data": {"user_id": str(user.id)}}]}]}, f'"{user.id}'):
            put_aside(content, ValueError("unreadable"), subscription=subscription, at=NOON)

    assert {str(bob.id) in json.dumps(letter.content) for letter in DeadLetter.objects.all()} == {True}
    assert DeadLetter.objects.count() == 2


def test_the_log_does_not_say_that_such_a_message_was_put_aside_nor_whom_it_names(way, ann, bob, caplog):
    way.deliver()
    erase_user(user_id=ann.id, at=NOON)
    way.deliver()

    for user in (ann, bob):
        receive_task({"subscription": "order_history", "batches": str(user.id)})

    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in told] == ["WARNING", "ERROR"]
    assert "nothing of it was kept" in told[0][1]
    assert "put aside" in told[1][1]
    assert str(ann.id) not in caplog.text
    assert DeadLetter.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(databases=["default", "order_history"], transaction=True)
def test_an_event_that_fails_while_they_are_erased_is_gone_afterwards(way, ann):
    way.deliver()
    user = HistoryUser.objects.get(user_id=ann.id)
    erased = UserErased(user_id=ann.id, erased_at=NOON, version=user.version + 1)
    event = {"data": {"user_id": str(ann.id)}}
    run = Run(topic="orders", partition=0, first=1, last=1)

    def erase_in_the_history():
        try:
            with transaction.atomic(using="order_history"):
                projections.keep_newest_users([erased])
        finally:
            connections.close_all()

    other = Thread(target=erase_in_the_history)
    with transaction.atomic(using="order_history"):
        put_aside(event, ValueError("a bug"), subscription="order_history", batch=run, position=1, at=NOON)
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()  # it waits for the letter, which it then finds
    other.join(timeout=20)

    assert not DeadLetter.objects.exists()


def test_an_archive_forgets_them_and_one_that_did_not_does_not_bring_them_back(way, ann, bob, tmp_path):
    way.deliver()
    archive_everything(tmp_path)
    assert OutboxEvent.objects.count() == 0
    erase_user(user_id=ann.id, at=NOON)
    way.deliver()

    replay(tmp_path)
    assert is_gone(ann)
    assert OrderedProduct.objects.of_user(bob.id).count() == 1

    erase(ann, archive=[tmp_path])
    text = all_that_is_in(tmp_path)
    assert str(ann.id) not in text
    assert str(bob.id) in text


def test_an_archive_that_is_not_there_is_told_before_anybody_is_erased(way, ann, tmp_path):
    with pytest.raises(CommandError, match=r"nobody was erased: .*typo is no folder"):
        erase(ann, archive=[tmp_path, tmp_path / "typo"])

    assert User.objects.get(pk=ann.pk).erased_at is None


def test_a_damaged_file_keeps_nobody_in_the_others(way, ann, tmp_path, capsys):
    way.deliver()
    archive_everything(tmp_path)
    damaged, *_ = sorted(tmp_path.glob("products-*"))
    damaged.write_bytes(b"damaged")

    with pytest.raises(CommandError, match=f"erased, but not from all of the archive: .*{damaged.name}"):
        erase(ann, archive=[tmp_path])

    assert "orders: 2 idempotency keys" in capsys.readouterr().out
    damaged.unlink()
    assert str(ann.id) not in all_that_is_in(tmp_path)


def test_what_a_killed_process_left_in_an_archive_is_no_hiding_place(way, ann, tmp_path):
    way.deliver()
    archive_everything(tmp_path)
    kept = next(tmp_path.glob("users-*"))
    unfinished = tmp_path / f".{kept.name}.4711"
    unfinished.write_bytes(kept.read_bytes())

    erase(ann, archive=[tmp_path])

    assert not unfinished.exists()


def test_nobody_writes_an_archive_while_another_reads_and_writes_it(way, ann, bob, tmp_path):
    """Or the second of two erasures would write what it read before the first."""
    way.deliver()
    archive_everything(tmp_path)
    with changing(tmp_path):
        second = Thread(target=forget_in_archive, args=[bob.id, tmp_path])
        second.start()
        second.join(0.3)
        assert second.is_alive()
        assert str(bob.id) in all_that_is_in(tmp_path)
    second.join()

    assert str(bob.id) not in all_that_is_in(tmp_path)


def test_orders_of_the_erased_are_not_told_when_they_are_cancelled_or_imported(way, ann, lamp):
    erase_user(user_id=ann.id, at=NOON)
    order = Order.objects.filter(user_id=ann.id).first()

    cancel_order(order_id=order.id, at=NOON)
    bought = LineToImport(product_id=lamp.id, quantity=1, unit_price=Decimal(1))
    import_orders([OrderToImport(uuid4(), ann.id, NOON, "USD", (bought,))])

    assert events_naming(ann) == ["users.user_erased.v1"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases=["default", "order_history"])
def test_who_is_erased_while_their_orders_are_told_again_is_erased_from_that_too(ann):
    """Without locks the announcer's events are not there yet when the log is cleaned, and come after it."""
    told, go_on = Event(), Event()

    def announce_slowly():
        try:
            with transaction.atomic():
                announcing.source.announce(announcing.source.select(), limit=10)
                told.set()
                go_on.wait(10)
        finally:
            connections.close_all()

    announcing_thread = Thread(target=announce_slowly)
    announcing_thread.start()
    assert told.wait(10)
    Timer(0.5, go_on.set).start()

    erase_user(user_id=ann.id, at=NOON)

    announcing_thread.join()
    assert events_naming(ann) == ["users.user_erased.v1"]


def test_a_thousand_who_are_erased_at_once_are_forgotten(way):
    told = [UserErased(user_id=uuid4(), erased_at=NOON, version=2) for _ in range(1_001)]

    with transaction.atomic(using="order_history"):
        projections.keep_newest_users(told)

    assert HistoryUser.objects.exclude(erased_at=None).count() == 1_001


def all_that_is_in(folder):
    return "".join(gzip.decompress(path.read_bytes()).decode() for path in folder.glob("*.gz"))


def events_naming(user):
    return [event.type for event in OutboxEvent.objects.all() if str(user.id) in json.dumps(event.data)]


def announce_an_order_of(user):
    order = Order.objects.filter(user_id=user.id).first()
    with transaction.atomic():
        publish(OrderPlaced(**state_of(order, order.lines.all())))


def archive_everything(folder):
    create_missing_cursors()
    heads = Partition.objects.values_list("topic", "number", "head")
    positions = [Acknowledged(topic=topic, partition=n, position=head) for topic, n, head in heads]
    pruning.acknowledge(Acknowledgement(subscription="order_history", positions=positions))
    list(pruning.prune(timezone.now() + timedelta(days=1), archive=folder))


def replay(folder):
    Checkpoint.objects.all().delete()
    for batch in read_archive(folder):
        receive(Message(subscription="order_history", batches=[batch]), at=NOW)
