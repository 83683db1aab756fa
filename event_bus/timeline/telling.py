"""Puts a timeline together. What cannot be asked now (a database that is away) is said, not guessed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from event_bus.subscriptions import Subscription, all_subscriptions
from event_bus.timeline import waiting
from event_bus.timeline.arrivals import Arrivals, arrivals_of, holdings_of, letters_of, put_aside, received
from event_bus.timeline.asking import Place, Question, understand
from event_bus.timeline.headline import headline, spoken_type
from event_bus.timeline.story import Holding, State, Step, Story, Timeline, Way, worst
from event_bus.timeline.waiting import Surroundings
from event_bus.words import duration

T = TypeVar("T")


def tell(text: str, *, at: datetime) -> Timeline:
    """What became of an order, a product, a user, an event or a position. Raises NotUnderstood."""
    return _Telling(understand(text), text.strip(), at).timeline()


class _Telling:
    def __init__(self, question: Question, asked: str, at: datetime) -> None:
        self.question, self.asked, self.at = question, asked, at
        self.around = Surroundings(at)
        self.notes: list[str] = []
        self.is_log_known = False

    def timeline(self) -> Timeline:
        stories = self._stories()
        subject = self._subject(stories)
        holdings = (
            [holding for name in _names() for holding in self._holdings(name, subject)] if subject else []
        )
        state = worst(story.state for story in stories)
        answer, why = headline(stories, holdings, state, is_log_known=self.is_log_known)
        return Timeline(self.asked, self.at, state, answer, why, stories, holdings, self.notes)

    def _stories(self) -> list[Story]:
        events: list[Any] = []
        if apps.is_installed("event_bus.outbox"):
            from event_bus.timeline import log  # cannot be imported where the outbox is not installed

            self.log = log
            found = self._asked(lambda: log.find_events(self.question), "the log of events")
            self.is_log_known = found is not None
            events, older = found or ([], 0)
            if older:
                self.notes.append(f"{older:,} older events of it are not shown.")
        else:
            self.notes.append(
                "These settings run subscribers alone: what was announced and sent is not known here."
            )
        return [self._story_of(event) for event in events] or self._stories_without_log()

    def _story_of(self, event: Any) -> Story:
        place = self.log.place_of(event)
        steps = self.log.announced_and_stored(event)
        ways: list[Way] = []
        if place is None:
            steps.append(waiting.for_its_number(self.log.waits_since(event, self.at), self.around))
        else:
            steps.append(self.log.numbered(place))
            sendings: dict[str, Any] = self._asked(lambda: self.log.sendings_of(place), "what was sent") or {}
            ways = [
                self._way(subscription, place, event, sendings.get(subscription.name))
                for subscription in all_subscriptions()
                if place.topic in subscription.topics
            ]
        return Story(
            title=spoken_type(event.type),
            event_id=str(event.pk),
            type=event.type,
            subject=str(event.subject),
            version=event.data.get("version"),
            place=str(place) if place else None,
            steps=steps,
            ways=ways,
        )

    def _stories_without_log(self) -> list[Story]:
        """What the subscribers alone can tell: of a position, or of dead letters of a subject."""
        match self.question:
            case Place():
                return [self._story_at(self.question)]
            case UUID() as subject:
                letters = self._asked(lambda: letters_of(subject), "the dead letters") or []
                places = dict.fromkeys(
                    Place(row.topic, row.partition or 0, row.position or 0) for row in letters
                )
                return [self._story_at(place) for place in places]
            case _:
                return []

    def _story_at(self, place: Place) -> Story:
        if apps.is_installed("event_bus.outbox"):
            gone = "not in the log: pruned, or never given out"
            steps = [Step("stored", State.UNKNOWN, gone)]
        else:
            steps = [Step("stored", State.UNKNOWN, "only the announcing side knows")]
        listening = [one for one in all_subscriptions() if place.topic in one.topics]
        ways = [self._way(subscription, place, None, None) for subscription in listening]
        return Story(f"Position {place.position:,}", None, None, None, None, str(place), steps, ways)

    def _way(self, subscription: Subscription, place: Place, event: Any, sending: Any) -> Way:
        steps = self.log.sent(sending.dispatches) if sending else []
        known = self._asked(
            lambda: arrivals_of(subscription.name, place), f"what {subscription.name} received"
        )
        if known is None:
            return Way(
                subscription.name, [*steps, Step("received", State.UNKNOWN, "its database does not answer")]
            )
        letters = put_aside(known.letters)
        steps = sorted([*steps, *received(known.deliveries), *letters], key=_time)
        if not letters:
            steps.append(self._end(subscription.name, known, event, sending))
        return Way(subscription.name, steps)

    def _end(self, name: str, known: Arrivals, event: Any, sending: Any) -> Step:
        if known.dealt_with:
            return self._applied(name, known, event)
        if sending is None and event is None:
            return Step("applied", State.UNKNOWN, "it has not arrived, and without the log nobody knows more")
        if sending is None or sending.sent_up_to < known.position:
            return waiting.for_being_sent(name, self.around)
        return waiting.for_being_received(name, known, self.around)

    def _applied(self, name: str, known: Arrivals, event: Any) -> Step:
        if known.applied_at is None:
            days = settings.EVENT_BUS["JOURNAL_DAYS"]
            return Step("applied", State.DONE, f"longer ago than the journal keeps ({days:g} days)")
        if event is None:
            return Step("applied", State.DONE, "", known.applied_at)
        took = duration(max((known.applied_at - event.recorded_at).total_seconds(), 0.0))
        text = f"{took} after it was stored"
        if older := self._was_older(name, known, event):
            text = f"{older}: it was older than what was there, so it changed nothing"
        return Step("applied", State.DONE, text, known.applied_at)

    def _was_older(self, name: str, known: Arrivals, event: Any) -> str | None:
        """Which version was applied before this one, though it is newer."""
        for later in self._newer_than(event):
            place = self.log.place_of(later)
            there = place and arrivals_of(name, place)
            if there and there.deliveries and there.dealt_with and not there.letters:
                first, this = there.deliveries[0], known.deliveries[0]
                if first.id < this.id:
                    return f"version {later.data['version']} had been applied before"
        return None

    def _newer_than(self, event: Any) -> list[Any]:
        events, _ = self.log.find_events(event.subject)
        return [one for one in events if one.data.get("version", 0) > event.data.get("version", 0)]

    def _subject(self, stories: list[Story]) -> UUID | None:
        if isinstance(self.question, UUID):
            return self.question
        return next((UUID(story.subject) for story in stories if story.subject), None)

    def _holdings(self, name: str, subject: UUID) -> list[Holding]:
        return self._asked(lambda: holdings_of(name, subject), f"what {name} holds") or []

    def _asked(self, ask: Callable[[], T], what: str) -> T | None:
        """None if it cannot be asked now, and then a note says so."""
        try:
            return ask()
        except (DatabaseError, InterfaceError):
            note = f"A database does not answer, so {what} is not known now."
            if note not in self.notes:
                self.notes.append(note)
            return None


def _names() -> list[str]:
    return [subscription.name for subscription in all_subscriptions()]


def _time(step: Step) -> float:
    return step.at.timestamp() if step.at else 0.0
