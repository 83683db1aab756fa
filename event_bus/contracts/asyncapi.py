"""The AsyncAPI 3.0 document of the bus: channels, messages, and who sends and receives them.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from typing import Any

from event_bus.contracts.announced import announced_events, announcing_app, summary_of
from event_bus.contracts.heard import Heard, heard_events
from event_bus.contracts.released import Contract, Contracts, present_contract, released_contracts
from event_bus.contracts.schemas import Schema, schema_of
from event_bus.events import Envelope, Event
from event_bus.subscriptions import all_topics

Node = dict[str, Any]

SENT_EXAMPLE: Node = {
    "specversion": "1.0",
    "id": "4711",
    "source": "/shop",
    "time": "2026-03-01T12:00:00Z",
    "position": 17,
}
"""What the outbox adds to an event."""


def document() -> Node:
    """Raises NoProjection, NoExample."""
    released, events = released_contracts(), announced_events()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of the shop",
            "version": "1.0.0",
            "description": "Facts that the apps announce. Each message is an event in its envelope: the attributes "
            "of CloudEvents 1.0 and its position. The relay packs up to 500 of them into one Celery message "
            "for each subscription's queue; delivery is at least once, in any order, without loss.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic: _channel(topic, events) for topic in all_topics()},
        "operations": {**_send_operations(events), **_receive_operations(heard_events(), events)},
        "components": {
            "messages": {event.type: _message(event, released) for event in events},
            "schemas": {"envelope": schema_of(Envelope, mode="validation"), **_payloads(events, released)},
        },
    }


def example_of_message(event_class: type[Event], contract: Contract) -> Node:
    data = contract.examples[0]
    event = event_class.model_validate(data)
    return {**SENT_EXAMPLE, "type": event.type, "subject": str(event.subject), "data": data}


def _channel(topic: str, events: list[type[Event]]) -> Node:
    return {
        "address": topic,
        "title": topic.replace("_", " ").capitalize(),
        "description": f"What {topic} announces. Partitioned by the event's key, in order inside a partition.",
        "messages": {
            event.type: {"$ref": f"#/components/messages/{event.type}"}
            for event in events
            if event.topic() == topic
        },
    }


def _send_operations(events: list[type[Event]]) -> Node:
    apps_of = {(announcing_app(event), event.topic()) for event in events}
    return {
        f"{app}.announces" + ("" if app == topic else f".{topic}"): {
            "action": "send",
            "channel": {"$ref": f"#/channels/{topic}"},
            "summary": f"{app} announces {topic}.",
            "messages": [
                _reference(event)
                for event in events
                if (announcing_app(event), event.topic()) == (app, topic)
            ],
        }
        for app, topic in sorted(apps_of)
    }


def _receive_operations(heard: list[Heard], events: list[type[Event]]) -> Node:
    announced = {event.type for event in events}
    known = [one for one in heard if one.type in announced]
    pairs = dict.fromkeys((one.subscription, one.topic) for one in known)
    return {
        f"{subscription.name}.hears.{topic}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{topic}"},
            "summary": f"{subscription.name} listens to {topic}.",
            "messages": [
                _reference(one.event_class)
                for one in known
                if (one.subscription, one.topic) == (subscription, topic)
            ],
            "x-queue": subscription.queue,
        }
        for subscription, topic in pairs
    }


def _message(event_class: type[Event], released: Contracts) -> Node:
    contract = present_contract(event_class, released)
    return {
        "name": event_class.type,
        "title": event_class.__name__,
        "summary": summary_of(event_class),
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event_class.type},
                        "data": {"$ref": f"#/components/schemas/{event_class.type}"},
                    },
                },
            ]
        },
        "examples": [{"name": event_class.__name__, "payload": example_of_message(event_class, contract)}],
    }


def _payloads(events: list[type[Event]], released: Contracts) -> dict[str, Schema]:
    return {event.type: present_contract(event, released).payload for event in events}


def _reference(event_class: type[Event]) -> Node:
    return {"$ref": f"#/channels/{event_class.topic()}/messages/{event_class.type}"}
