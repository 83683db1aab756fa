"""What the source of a topic answers to a subscription that checks what it holds."""

from collections.abc import Iterator
from uuid import UUID

from event_bus.digests import Span, State, Which, digest_of, position_after
from event_bus.outbox.models import Partition
from event_bus.outbox.numbering import AT_ONCE, number_committed_events
from event_bus.outbox.sources import Source, source_of
from event_bus.questions import Answer, Cut, Question, RangeDigest, SourceState
from event_bus.subscriptions import get_subscription

ROWS_OF_A_RANGE = 1_000
RANGES_AT_ONCE = 20


def answer(question: Question) -> Answer:
    """Raises UnknownTopic or UnknownSubscription."""
    source = source_of(question.topic)
    ranges: list[RangeDigest] = []
    states: list[SourceState] = []
    if question.kind == "digests":
        ranges = list(_ranges(source, question.after))
    elif question.kind == "look":
        states = list(_differing(source, question.spans, question.states))
    else:
        source.announce(source.select(ids=question.ids), limit=len(question.ids))
        told = _states(source, question.ids)
        states = [_source_state(id, told.get(id)) for id in question.ids]
    return Answer(
        subscription=question.subscription,
        step=question.step,
        ranges=ranges,
        states=states,
        cut=_cut(question.subscription),
    )


def _ranges(source: Source, after: UUID | None) -> Iterator[RangeDigest]:
    """So many rows each, whatever the ids are like. The last range of all has no end."""
    limit = ROWS_OF_A_RANGE * RANGES_AT_ONCE
    ids = list(source.select(after=after).values_list("pk", flat=True)[:limit])
    ends: list[UUID | None] = list(ids[ROWS_OF_A_RANGE - 1 :: ROWS_OF_A_RANGE])
    if len(ids) < limit:
        ends = [*ends[: (len(ids) - 1) // ROWS_OF_A_RANGE], None] if ids else [None]
    records = source.records(Span(after, ends[-1]))
    start = 0
    for end in ends:
        stop = position_after(records, end)
        yield RangeDigest(span=Span(after, end), rows=stop - start, digest=digest_of(records[start:stop]))
        after, start = end, stop


def _differing(source: Source, spans: list[Span], shown: list[State]) -> Iterator[SourceState]:
    here = {id: state for span in spans for id, state in _states(source, span).items()}
    there = {state.id: state for state in shown}
    for id in sorted(here.keys() | there.keys()):
        mine, theirs = here.get(id), there.get(id)
        if mine != theirs:
            yield _source_state(id, mine, shown=theirs)


def _states(source: Source, which: Which) -> dict[UUID, State]:
    return {state.id: state for state in (record.state for record in source.records(which))}


def _source_state(id: UUID, mine: State | None, *, shown: State | None = None) -> SourceState:
    version = mine.version if mine else 0
    behind = bool(shown and shown.version > version)
    return SourceState(id=id, version=version, digest=mine.digest if mine else "", behind=behind)


def _cut(subscription: str) -> list[Cut]:
    """Taken after looking: what was seen had committed, so it is numbered by now."""
    while number_committed_events() == AT_ONCE:
        pass
    heard = Partition.objects.filter(topic__in=get_subscription(subscription).topics)
    return [
        Cut(topic=topic, partition=number, position=head)
        for topic, number, head in heard.values_list("topic", "number", "head")
    ]
