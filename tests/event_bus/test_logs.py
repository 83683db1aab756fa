"""Every line is one JSON object in production, whichever library wrote it."""

import io
import json
import logging
import logging.config
import subprocess
import sys

import pytest
import structlog

from event_bus.context import acting
from event_bus.logs import logging_settings
from stack import CODE_DIR
from tests.delivering import Wire
from tests.order_history.facts import product


@pytest.fixture
def lines():
    """What the formatter of production makes of everything that is logged meanwhile."""
    made = logging_settings(format="json", level="INFO")["formatters"]["structured"]
    formatter = made["()"](foreign_pre_chain=made["foreign_pre_chain"], processors=made["processors"])
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_line_of_any_library_says_when_where_and_for_whom(lines):
    with acting("command import_shop", "the-import"):
        logging.getLogger("some.library").warning("%s of %s", 1, 2)

    [line] = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "message": "1 of 2",
        "level": "warning",
        "logger": "some.library",
        "actor": "command import_shop",
        "correlation_id": "the-import",
    }


def test_fields_stand_beside_the_text(lines):
    structlog.stdlib.get_logger("bus").warning("%s waits", "history", subscription="history", position=7)

    [line] = lines()
    assert (line["message"], line["subscription"], line["position"]) == ("history waits", "history", 7)


def test_an_exception_is_part_of_its_line(lines):
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        logging.getLogger("some.library").exception("failed")

    [line] = lines()
    assert "ValueError: broken\nin two" in line["exception"]


@pytest.mark.django_db(databases=["order_history"])
def test_the_line_of_a_dead_letter_names_event_place_and_request(lines):
    wire = Wire()
    batch = wire.batch("products", [product()])
    batch["events"][0] |= {"type": "products.unheard_of.v1", "correlationid": "checkout-7"}

    wire.send(batches=[batch])

    [line] = [line for line in lines() if line["level"] == "error"]
    assert line["subscription"] == "order_history"
    assert line["event_id"] == "1"
    assert line["type"] == "products.unheard_of.v1"
    assert (line["topic"], line["partition"], line["position"]) == ("products", 0, 1)
    assert line["correlation_id"] == "checkout-7"


def test_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match="text or json"):
        logging_settings(format="xml", level="INFO")


def test_a_process_writes_json_when_it_is_told_to(servers):
    """A worker's own settings: nothing of Celery's log format is left."""
    code = (
        "import logging, django; from config.celery import app; django.setup(); app.log.setup(loglevel='INFO');"
        "logging.getLogger('celery.worker').warning('ready %s', 1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CODE_DIR,
        env={"LOG_FORMAT": "json", "DATA_DIR": str(servers.data_dir), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["message"] for line in lines] == ["ready 1"]
