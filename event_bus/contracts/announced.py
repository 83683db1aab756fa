"""The events that this installation announces: what stands in its apps' `events.py`."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from event_bus.events import Event


def announced_events() -> list[type[Event]]:
    """The classes with a wire name, in the order of the apps and then as they were written."""
    modules = [f"{app.name}.events" for app in apps.get_app_configs()]
    present = [module for module in modules if find_spec(module)]
    for module in present:
        import_module(module)
    found = [event_class for event_class in _subclasses(Event) if event_class.__module__ in present]
    return sorted(
        (event_class for event_class in found if "type" in vars(event_class)),
        key=lambda event_class: present.index(event_class.__module__),
    )


def announcing_app(event_class: type[Event]) -> str:
    return event_class.__module__.rpartition(".")[0]


def summary_of(event_class: type[Event]) -> str:
    return (event_class.__doc__ or "").strip().partition("\n\n")[0]


def _subclasses(cls: type[Event]) -> list[type[Event]]:
    return [cls, *(found for child in cls.__subclasses__() for found in _subclasses(child))]
