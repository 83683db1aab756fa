"""A timeline in one sentence."""

from event_bus.timeline.story import Holding, State, Step, Story


def spoken_type(type: str) -> str:
    """ "orders.order_placed.v1" is read as "Order placed"."""
    parts = type.split(".")
    return (parts[1] if len(parts) > 1 else type).replace("_", " ").capitalize()


def headline(
    stories: list[Story], holdings: list[Holding], state: State, *, is_log_known: bool
) -> tuple[str, str]:
    """The answer, and what explains it: of the newest event that is as badly off as it gets."""
    if not stories and holdings:
        pruned = "They left the log (prune_events). " if is_log_known else ""
        return "None of its events can be found.", f"{pruned}What it became is still there."
    if not stories:
        no_event = "No event, no" if is_log_known else "No"
        return "Nothing is known of it.", f"{no_event} row and no dead letter has this id."
    for story in reversed(stories):
        for subscription, step in _last_steps(story):
            if step.state == state:
                return f"{story.title}: {_said(subscription, step)}.", _sentence(step.text)
    raise AssertionError("a story's state is that of one of its last steps")


def _last_steps(story: Story) -> list[tuple[str, Step]]:
    ways = [(way.subscription, way.steps[-1]) for way in story.ways]
    return [*ways, ("", story.steps[-1])]


def _said(subscription: str, step: Step) -> str:
    who = f" by {subscription}" if subscription else ""
    match step.state:
        case State.DONE if subscription:
            return f"it arrived, applied{who}"
        case State.DONE:
            return f"it is {step.name}, and nobody listens to it"
        case State.WAITING:
            return f"it waits to be {step.name}{who}"
        case State.FAILED:
            return f"it was {step.name}{who}"
    return f"it is not known whether it was {step.name}{who}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
