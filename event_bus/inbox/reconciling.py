"""Comparing all that a subscription holds with its sources, without reading their tables, while both are written to.

The source digests a chunk of ids, in ranges; ranges that differ here are looked at row by row. No verdict can be wrong
because something is under way:

- The source looks after the subscription has shown what it holds. A row that the source has not, or not in so new
  a version, cannot be on its way: versions only grow, and rows are never deleted.
- The subscription looks again once it has applied everything that the source had seen when it looked (`cut`).
  A row that it has not by then, or in an older version, is not on its way either.
- Equal versions with different content are drift whenever one looks.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, router, transaction

from event_bus.digests import Record, Span, State, digest_of, position_after
from event_bus.inbox.models import Checkpoint
from event_bus.inbox.projections import Projection, projection_of
from event_bus.inbox.reconciliations import Phase, Reconciliation
from event_bus.questions import Answer, Question, RangeDigest, SourceState
from event_bus.subscriptions import get_subscription

RANGES_LOOKED_AT_ONCE = 5
MOST_HELD = 25_000
"""Aggregates compared together; more than a source digests at once. One that has lost its rows says of all ids that
there is nothing, and here there may be millions."""
PATIENCE = timedelta(seconds=10)
"""Then a question is asked again."""
MOST_ATTEMPTS = 12
"""In vain, one after the other; then the run is given up."""
CHECK_FOR = 3.0
"""Seconds."""
KEPT = 50
"""Runs that can be looked back at."""


def is_due(subscription: str, *, repair: bool, every: timedelta, at: datetime) -> bool:
    """Whether none is under way and the last one began so long ago. One that only reported stands for no repair."""
    runs = Reconciliation.objects.of(subscription)
    as_good = runs.filter(repair=True) if repair else runs
    return not runs.open().exists() and not as_good.filter(begun_at__gt=at - every).exists()


def begin(subscription: str, *, repair: bool, at: datetime) -> tuple[Reconciliation, Question | None]:
    """A new run and its first question; or the one that is under way, and no question. Raises UnknownSubscription."""
    topic = get_subscription(subscription).topics[0]
    try:
        with transaction.atomic(using=router.db_for_write(Reconciliation)):
            if under_way := _open(subscription):
                return under_way, None
            old = Reconciliation.objects.of(subscription).values_list("id", flat=True)[KEPT - 1 :]
            Reconciliation.objects.filter(id__in=list(old)).delete()
            run = Reconciliation.objects.create(
                subscription=subscription, repair=repair, begun_at=at, moved_at=at, part=topic
            )
            question = _ask_for_digests(run, at)
            run.save()
    except IntegrityError:  # somebody else began at the same moment
        return Reconciliation.objects.of(subscription).latest("begun_at"), None
    return run, question


def hear(answer: Answer, *, at: datetime, ask: Callable[[Question], None]) -> Question | None:
    """Take an answer; returns the next question, unless it was asked ahead. An answer that nobody waits for changes
    nothing.

    `ask` is called with a question about the chunk that follows, before this one is compared, so that the source
    digests it meanwhile. Where this one has something to look at, nobody waits for that answer.
    """
    with transaction.atomic(using=router.db_for_write(Reconciliation)):
        run = _open(answer.subscription)
        if run is None or run.step != answer.step:
            return None
        run.attempts, run.moved_at = 0, at
        if run.phase == Phase.DIGESTS:
            question = _compare_and_ask_ahead(run, answer.ranges, at, ask)
        else:
            run.enter(Phase.SETTLE if run.phase == Phase.LOOK else Phase.CONFIRM, at)
            run.waiting = answer.model_dump(mode="json")
            question = _settle(run, at)
        run.save()
    return question


def go_on(subscription: str, *, at: datetime) -> Question | None:
    """What a run that is under way does when nothing was heard: look whether it has settled, or ask again.

    Derived rows are checked for CHECK_FOR seconds; `is_checking` says whether there are more.
    """
    with transaction.atomic(using=router.db_for_write(Reconciliation)):
        run = _open(subscription)
        if run is None:
            return None
        question = None
        if run.phase == Phase.DERIVED:
            _check_derived(run, at)
        elif run.phase in (Phase.SETTLE, Phase.CONFIRM):
            question = _settle(run, at)
        if run.finished_at is None and at - run.moved_at > PATIENCE:
            question = _try_again(run, at)
        run.save()
    return question


def is_checking(subscription: str) -> bool:
    return Reconciliation.objects.of(subscription).open().filter(phase=Phase.DERIVED).exists()


def last_run(subscription: str) -> Reconciliation | None:
    """The one that has finished last: for whoever shows the state of the bus."""
    finished = Reconciliation.objects.of(subscription).exclude(finished_at=None)
    return finished.order_by("-finished_at").first()


def _open(subscription: str) -> Reconciliation | None:
    return Reconciliation.objects.of(subscription).open().select_for_update().first()


def _projection(run: Reconciliation) -> Projection:
    return projection_of(run.subscription)


def _question(run: Reconciliation) -> Question:
    return Question(
        subscription=run.subscription, step=run.step, topic=run.part, kind="digests", after=run.after
    )


def _ask_for_digests(run: Reconciliation, at: datetime) -> Question:
    run.enter(Phase.DIGESTS, at)
    run.chunk, run.waiting = {}, {}
    return _question(run)


def _compare_and_ask_ahead(
    run: Reconciliation, ranges: Sequence[RangeDigest], at: datetime, ask: Callable[[Question], None]
) -> Question | None:
    if not (last := ranges[-1].span.up_to):
        return _compare(run, ranges, at)
    asked = _question(run).model_copy(update={"step": uuid4(), "after": last})
    ask(asked)
    question = _compare(run, ranges, at)
    if question and asked == question.model_copy(update={"step": asked.step}):
        run.step = asked.step
        return None
    return question


def _compare(run: Reconciliation, ranges: Sequence[RangeDigest], at: datetime) -> Question | None:
    """Ends the chunk behind the last range that can be looked at: what follows is digested again."""
    run.up_to = ranges[-1].span.up_to
    mirror = _projection(run).mirror_of[run.part]
    reach = mirror.id_at(MOST_HELD - 1, run.span)
    held = mirror.records(Span(run.after, reach or run.up_to))
    differing: list[tuple[Span, list[Record]]] = []
    rows = looked = start = 0
    for one in ranges:
        stop = position_after(held, one.span.up_to)
        records = held[start:stop]
        looked, start = looked + 1, stop
        if reach and (one.span.up_to is None or one.span.up_to > reach):
            run.up_to = reach
            rows += len(records)
            differing.append((Span(one.span.after, reach), records))
            break
        rows += max(len(records), one.rows)
        if (len(records), digest_of(records)) != (one.rows, one.digest):
            differing.append((one.span, records))
        if len(differing) == RANGES_LOOKED_AT_ONCE:
            run.up_to = one.span.up_to
            break
    run.chunk = {"rows": rows, "ranges": looked, "differing_ranges": len(differing)}
    if not differing:
        return _next_chunk(run, at)
    run.enter(Phase.LOOK, at)
    return _question(run).model_copy(
        update={
            "kind": "look",
            "spans": [span for span, _ in differing],
            "states": [record.state for _, records in differing for record in records],
        }
    )


def _settle(run: Reconciliation, at: datetime) -> Question | None:
    answer = Answer.model_validate(run.waiting)
    checkpoints = _checkpoints(run, answer)
    if any(checkpoints.get((cut.topic, cut.partition), 0) < cut.position for cut in answer.cut):
        return None
    drifted = _drifted(run, answer.states)
    if run.phase == Phase.SETTLE and run.repair and drifted:
        remove = [one.id for one in drifted if one.behind or one.version == 0]
        if remove:
            _projection(run).mirror_of[run.part].remove(remove)
        run.enter(Phase.ANNOUNCE, at)
        return _question(run).model_copy(update={"kind": "announce", "ids": [one.id for one in drifted]})
    if run.phase == Phase.CONFIRM:
        run.count(drifted=len(answer.states), repaired=len(answer.states) - len(drifted))
    else:
        run.count(drifted=len(drifted))
    run.name_left([one.id for one in drifted])
    return _next_chunk(run, at)


def _checkpoints(run: Reconciliation, answer: Answer) -> dict[tuple[str, int], int]:
    """Locked where rows may be removed: nobody applies anything meanwhile."""
    partitions = {(cut.topic, cut.partition) for cut in answer.cut}
    if run.repair and run.phase == Phase.SETTLE:
        rows = Checkpoint.objects.lock(run.subscription, partitions)
    else:
        rows = list(Checkpoint.objects.of(run.subscription))
    return {(row.topic, row.partition): row.applied_up_to for row in rows}


def _drifted(run: Reconciliation, at_source: Sequence[SourceState]) -> list[SourceState]:
    records = _projection(run).mirror_of[run.part].records([one.id for one in at_source])
    held = {state.id: state for state in (record.state for record in records)}
    return [one for one in at_source if _is_drift(one, held.get(one.id))]


def _is_drift(source: SourceState, held: State | None) -> bool:
    if source.version == 0 or held is None:
        return (source.version == 0) != (held is None)
    if held.version == source.version:
        return held.digest != source.digest
    return held.version < source.version or source.behind


def _next_chunk(run: Reconciliation, at: datetime) -> Question | None:
    run.count(**run.chunk)
    run.after, run.up_to, run.chunk, run.waiting = run.up_to, None, {}, {}
    if run.after is not None:
        return _ask_for_digests(run, at)
    parts = [*get_subscription(run.subscription).topics, *_projection(run).check_of]
    rest = parts[parts.index(run.part) + 1 :]
    if not rest:
        run.finish(at)
        return None
    run.part = rest[0]
    if run.part in _projection(run).check_of:
        run.enter(Phase.DERIVED, at)
        return None
    return _ask_for_digests(run, at)


def _check_derived(run: Reconciliation, at: datetime) -> None:
    until = time.monotonic() + CHECK_FOR
    while run.phase == Phase.DERIVED and time.monotonic() < until:
        checked = _projection(run).check_of[run.part](run.after, repair=run.repair)
        run.count(
            rows=checked.rows,
            ranges=1,
            differing_ranges=int(checked.wrong > 0),
            drifted=checked.wrong,
            repaired=checked.wrong - checked.left,
        )
        run.up_to, run.moved_at = checked.last, at
        if checked.last is None:
            _next_chunk(run, at)
        else:
            run.after = checked.last


def _try_again(run: Reconciliation, at: datetime) -> Question | None:
    run.attempts += 1
    if run.attempts > MOST_ATTEMPTS:
        run.finish(at, error=f"waited in vain for {Phase(run.phase).label} ({run.part})")
        return None
    if run.phase in (Phase.SETTLE, Phase.CONFIRM):
        run.moved_at = at
        return None
    return _ask_for_digests(run, at)
