"""Telling the sender how far everything is applied, so that it may forget: with a sweep, if there is news."""

from event_bus.inbox.models import Checkpoint
from event_bus.messages import Acknowledged, Acknowledgement, Message


def acknowledgement_of(message: Message) -> Acknowledgement | None:
    """None where the sender knows already. One that is lost is made again at the next sweep.

    What it names may not be on the disk yet (`need_not_last`): it is sent after a commit that lasts.
    """
    rows = Checkpoint.objects.of(message.subscription)
    applied = {(row.topic, row.partition): row.applied_up_to for row in rows}
    news = [
        Acknowledged(topic=mark.topic, partition=mark.partition, position=position)
        for mark in message.watermarks
        if mark.acknowledged is not None
        and (position := applied.get((mark.topic, mark.partition), 0)) > mark.acknowledged
    ]
    return Acknowledgement(subscription=message.subscription, positions=news) if news else None
