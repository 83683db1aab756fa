"""A rebuild as its command does it, and what it needs to be there."""

import io

from django.core.management import call_command

from event_bus.outbox.models import Cursor
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.relay import create_missing_cursors
from event_bus.rebuilding.filling import fill
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import spare_beside
from event_bus.subscriptions import get_subscription
from order_history.models import OrderedProduct

HISTORY = get_subscription("order_history")


def everything_arrives():
    number_committed_events()
    sum(fill(HISTORY))


def rebuild(*arguments):
    out = io.StringIO()
    call_command("rebuild_order_history", "--workers", "1", *arguments, stdout=out)
    return out.getvalue()


def answer(user):
    rows = OrderedProduct.objects.of_user(user.id).with_product()
    return {row.product.title: row.times_ordered for row in rows}


def prune_everything(*options):
    Cursor.objects.all().delete()
    create_missing_cursors()
    Cursor.objects.update(acknowledged=10**6)
    call_command("prune_events", "--older-than", "0s", *options, stdout=io.StringIO())


def filled_by_a_worker(*, parent):
    with spare_beside("order_history") as spare:
        Rebuild(HISTORY, spare).create()
    call_command("fill_spare_tables", "order_history", worker=0, of=1, parent=parent)
    with spare_beside("order_history") as spare:
        return Rebuild(HISTORY, spare).applied()
