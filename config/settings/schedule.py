"""What beat asks for. It forgets at each restart when it last did, so what is rare is asked for often, and the task
itself knows when it last ran."""

from typing import Any

from celery.schedules import crontab

ASK_EVERY = 60.0
"""Seconds."""


def beat_schedule(bus: dict[str, Any]) -> dict[str, dict[str, Any]]:
    entries = {
        "sweep": _entry("event_bus.sweep", bus["SWEEP_INTERVAL"], "outbox"),
        "canary": _entry("event_bus.canary", bus["CANARY_INTERVAL"], "outbox"),
        "prune dispatches": _entry("event_bus.prune_dispatches", ASK_EVERY, "outbox"),
        "prune deliveries": _entry("event_bus.prune_deliveries", ASK_EVERY, "order_history"),
        "forget expired tokens": _entry("users.forget_expired_tokens", crontab(minute="0"), "outbox"),
    }
    if bus["RECONCILE"] != "off":
        is_repair = bus["RECONCILE"] == "repair"
        entries["reconcile"] = _entry(
            "event_bus.reconcile",
            ASK_EVERY,
            "order_history",
            args=["order_history", is_repair, bus["RECONCILE_HOURS"]],
        )
    if bus["RETENTION_DAYS"]:
        entries["prune events"] = _entry(
            "event_bus.prune_events", ASK_EVERY, "outbox", args=[bus["RETENTION_DAYS"], bus["ARCHIVE"]]
        )
    return entries


def _entry(task: str, schedule: float | crontab, queue: str, args: list[Any] | None = None) -> dict[str, Any]:
    return {"task": task, "schedule": schedule, "args": args or [], "options": {"queue": queue}}
