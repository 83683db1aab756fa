"""What somebody might push into a queue that is not a message of ours."""

import base64
import json
from typing import Any
from uuid import uuid4

from benchmarks.chaos.comparison import MARK
from event_bus.messages import RECEIVE, REDELIVER


def garbage_for(queue: str) -> dict[str, bytes]:
    """By what is wrong with it."""
    return {
        "no JSON": f"{MARK}, not JSON".encode() + b"\xff\xfe",
        "no envelope": json.dumps({MARK: 1}).encode(),
        "a list": json.dumps([MARK]).encode(),
        "unknown task": _message(queue, "somebody.elses.task", [MARK]),
        "not ours": _message(queue, RECEIVE, [{"order": MARK, "subscription": 5}]),
        "no arguments": _message(queue, RECEIVE, [], {"said": MARK}),
        "nobody subscribed": _message(queue, RECEIVE, [{"subscription": MARK[:12], "said": MARK}]),
        "not a request": _message(queue, REDELIVER, [{MARK: True}]),
        "body is no JSON": _envelope(queue, RECEIVE, f"{MARK} no JSON"),
        "a pickle": _envelope(queue, RECEIVE, MARK, content_type="application/x-python-serialize"),
    }


def _message(queue: str, task: str, arguments: list[Any], named: dict[str, Any] | None = None) -> bytes:
    body = [arguments, named or {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    return _envelope(queue, task, json.dumps(body))


def _envelope(queue: str, task: str, body: str, *, content_type: str = "application/json") -> bytes:
    id = str(uuid4())
    envelope = {
        "body": base64.b64encode(body.encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": content_type,
        "headers": {"lang": "py", "task": task, "id": id, "root_id": id, "argsrepr": MARK},
        "properties": {
            "correlation_id": id,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": id,
        },
    }
    return json.dumps(envelope).encode()
