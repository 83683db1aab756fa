"""A timeline in one sentence."""

from event_bus.timeline.story import Holding, State, Step, Story


def spoken_type(type: str) -> str:
    """ "orders.order_placed.v1" is read as "Order placed"."""
    parts = type.split(".")
    return (parts[1] if len(parts) > 1 else type).replace("_", " ").capitalize()


def headline(stories: list[Story], holdings: list[Holding], state: State) -> str:
    if not stories:
        return (
            "No event of it is in the log any more; what it became is below."
            if holdings
            else "Nothing is known of it."
        )
    for story in reversed(stories):
        for name, step in _last_steps(story):
            if step.state == state:
                return _said(story, name, step)
    raise AssertionError("a story's state is that of one of its last steps")


def _last_steps(story: Story) -> list[tuple[str, Step]]:
    return [("", story.steps[-1]), *((way.subscription, way.steps[-1]) for way in story.ways)][::-1]


def _said(story: Story, subscription: str, step: Step) -> str:
    what = f"{story.title}{f' (version {story.version})' if story.version else ''}"
    where = f" by {subscription}" if subscription else ""
    match step.state:
        case State.DONE if not subscription:
            return f"{what}: {step.name}, {step.text}; nobody listens to it."
        case State.DONE:
            return f"{what}: arrived, applied{where} {step.text}".rstrip() + "."
        case State.WAITING:
            return f"{what}: waits to be {step.name}{where}: {step.text}."
        case State.FAILED:
            return f"{what}: {step.name}{where}: {step.text}."
    return f"{what}: not known: {step.text}."
