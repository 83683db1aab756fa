"""What more partitions and more workers bring, and what a backlog of a million events costs the broker."""

import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.growth.pipeline import DRAINED, Pipeline
from benchmarks.speed.rounds import Measured, interleaved
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import servers

Say = Callable[[str], None]

DEPTH = 100
"""EVENT_BUS_QUEUE_DEPTH as it is set by default."""

WORKERS = (1, 2)
AWAY = "nobody consumes"
MEMORY = "memory of the broker, at most"

REMARKS = [
    "A backlog of orders (two lines each) stands numbered in the log, so what is measured is sending and "
    "applying: one relay, and one or two history workers, as the Procfile starts them. Time runs from the first "
    "message received to the last one applied, by the journal. Every round drains orders that were never seen.",
    "All of it shares this one machine: the workers take turns on its cores with the relay, PostgreSQL and the "
    "broker, so a second worker can win no more than they leave. CPU milliseconds per event say what each would "
    "cost on a machine of its own.",
    "With one partition the second worker waits for the first one's lock on its checkpoint: workers are added "
    "up to the number of partitions.",
]


def run(scale: Scale, say: Say) -> Result:
    figures: list[Figure] = []
    counts = scale.choose((1, 2, 4, 8), (8,))
    backlog = scale.choose(1_000_000, 20_000)
    with tempfile.TemporaryDirectory(prefix="shop-growth-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder) as env, Pipeline(env, folder, queue_depth=scale.choose(DEPTH, 8)) as pipeline:
            os.environ.update(env, DJANGO_SETTINGS_MODULE="config.settings.shop")  # for the payloads' format
            for partitions in counts:
                last = partitions == counts[-1]
                figures += _drains(scale, pipeline, partitions, backlog if last else 0, say)
            figures += _backlog(scale, pipeline, backlog, say)
    goals = _goals(figures, fewest=counts[0], most=counts[-1])
    return Result("growth", "Growth: partitions, workers, a backlog", figures, goals, REMARKS)


def _drains(scale: Scale, pipeline: Pipeline, partitions: int, besides: int, say: Say) -> list[Figure]:
    """`besides` are events for later, which stand in the log meanwhile."""
    at_once = scale.choose(20_000, 4_000)
    say(f"{_several(partitions, 'partition')}: filling the log")
    pipeline.begin(partitions=partitions, events=at_once * len(WORKERS) * scale.rounds + besides)
    contenders = {_several(count, "worker"): partial(_drain, pipeline, at_once, count) for count in WORKERS}
    return interleaved(contenders, rounds=scale.rounds, setting=_several(partitions, "partition"), say=say)


def _drain(pipeline: Pipeline, events: int, workers: int) -> Measured:
    pipeline.run_workers(workers)
    return pipeline.drain(events)


def _backlog(scale: Scale, pipeline: Pipeline, events: int, say: Say) -> list[Figure]:
    """The consumer is away while a backlog grows to its tenth and to the whole; then two workers drain it."""
    small = scale.choose(events // 10, events // 4)
    figures: list[Figure] = []
    pipeline.run_workers(0)
    for more, setting in [(small, f"{small:,} events"), (events - small, f"{events:,} events")]:
        say(f"nobody consumes: a backlog of {setting}")
        with pipeline.watch_memory() as away:
            pipeline.announce(more)
            pipeline.wait_until_the_queue_is_full()
        figures.append(Figure(AWAY, MEMORY, "MB", (away.most / 1e6,), setting))
    say("2 workers drain it")
    with pipeline.watch_memory() as draining:
        pipeline.run_workers(2)
        drained = pipeline.wait_until_drained()
    drained = {**drained, (MEMORY, "MB"): draining.most / 1e6}
    return figures + [
        Figure("2 workers", metric, unit, (value,), f"backlog of {setting}")
        for (metric, unit), value in drained.items()
    ]


def _goals(figures: list[Figure], *, fewest: int, most: int) -> list[Goal]:
    rate = {(each.contender, each.setting): each.median for each in figures if each.metric == DRAINED}
    few, many = _several(fewest, "partition"), _several(most, "partition")
    small, large = [each.median for each in figures if each.contender == AWAY]
    partitions = rate["1 worker", many] / rate["1 worker", few]
    return [
        *([Goal(f"{many} against {few}, 1 worker", partitions, 0.8, True)] if few != many else []),
        Goal(f"2 workers against 1, {many}", rate["2 workers", many] / rate["1 worker", many], 1.0, True),
        Goal("the broker's memory for the large backlog against the small one", large / small, 1.2, False),
    ]


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"
