"""The contract of the bus, as machines and people read it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from jsonschema import Draft7Validator, Draft202012Validator

from event_bus.contracts.announced import announced_events
from event_bus.contracts.asyncapi import document
from event_bus.contracts.heard import heard_events

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def asyncapi():
    return document()


def test_the_document_is_valid_by_the_official_schema(asyncapi):
    official = json.loads((ROOT / "tests/asyncapi_schema/3.0.0.json").read_text())

    assert [error.message for error in Draft7Validator(official).iter_errors(asyncapi)] == []


def test_every_event_is_sent_in_the_channel_of_its_topic(asyncapi):
    sent = references(asyncapi, "send")

    assert sent == {f"#/channels/{event.topic()}/messages/{event.type}" for event in announced_events()}


def test_every_subscription_receives_what_its_projection_handles(asyncapi):
    received = references(asyncapi, "receive")

    assert received == {f"#/channels/{heard.topic}/messages/{heard.type}" for heard in heard_events()}


def test_every_reference_leads_somewhere(asyncapi):
    for reference in all_references(asyncapi):
        node = asyncapi
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]

        assert node


def test_every_example_is_what_its_message_describes(asyncapi):
    for message in asyncapi["components"]["messages"].values():
        schema = {**message["payload"], "components": asyncapi["components"]}
        [example] = message["examples"]

        Draft202012Validator(schema).validate(example["payload"])
        assert example["payload"]["type"] == message["name"]


def test_the_page_for_people_is_up_to_date():
    written = run("--format", "markdown")

    assert (ROOT / "docs/events.md").read_text() == written, (
        "run: manage.py asyncapi --format markdown --output docs/events.md"
    )


def test_the_document_goes_to_a_file(tmp_path, asyncapi):
    run("--output", str(tmp_path / "shop.json"))

    assert json.loads((tmp_path / "shop.json").read_text()) == asyncapi


def references(asyncapi, action):
    return {
        message["$ref"]
        for operation in asyncapi["operations"].values()
        if operation["action"] == action
        for message in operation["messages"]
    }


def all_references(node):
    if isinstance(node, list):
        for item in node:
            yield from all_references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from all_references(value)


def run(*arguments):
    out = StringIO()
    call_command("asyncapi", *arguments, stdout=out)
    return out.getvalue()
