"""The model against what queueing theory says, and against common sense."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks.simulation.model import Costs, Setup
from benchmarks.simulation.simulating import simulate

FREE = Costs(wake=0, run=0, send=0, send_event=0, receive=0, apply=0, apply_event=0)
LIKELY = Costs(
    wake=0.001, run=0.001, send=0.001, send_event=0.00006, receive=0.001, apply=0.001, apply_event=0.0002
)


def one_at_a_time(*, service, workers=1, partitions=1):
    """A message an event, sent at no cost: what is left is a queue and who serves it."""
    return Setup(replace(FREE, apply=service), partitions=partitions, workers=workers, batch=1, depth=10**9)


@pytest.mark.parametrize("utilisation", [0.3, 0.6, 0.8])
def test_one_worker_is_the_queue_of_pollaczek_and_khinchine(utilisation):
    service = 0.001

    outcome = simulate(one_at_a_time(service=service), offered=utilisation / service, seconds=120)

    waits = service * utilisation / (2 * (1 - utilisation))
    assert sum(outcome.lags) / outcome.applied == pytest.approx(service + waits, rel=0.06)
    assert outcome.workers_busy == pytest.approx(utilisation, rel=0.02)


def test_steady_arrivals_below_the_rate_never_wait():
    outcome = simulate(one_at_a_time(service=0.001), offered=900, seconds=20, steady=True)

    assert outcome.lag(99) == pytest.approx(0.001)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_it_saturates_at_workers_times_their_rate(workers):
    setup = one_at_a_time(service=0.02, workers=workers, partitions=400)

    outcome = simulate(setup, offered=300, seconds=20)

    assert outcome.throughput == pytest.approx(workers * 50, rel=0.03)
    assert outcome.workers_busy + outcome.workers_blocked == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(("offered", "workers", "partitions"), [(100, 1, 1), (3_000, 2, 8), (20_000, 3, 2)])
def test_every_event_is_applied_or_waits(offered, workers, partitions):
    setup = Setup(LIKELY, workers=workers, partitions=partitions)

    outcome = simulate(setup, offered=offered, seconds=5, backlog=700)

    assert outcome.applied + outcome.backlog == outcome.offered
    assert outcome.applied == len(outcome.lags)
    assert min(outcome.lags) > 0


@pytest.mark.parametrize("workers", [1, 3])
def test_what_is_waited_for_is_applied_once(workers):
    outcome = simulate(
        Setup(LIKELY, workers=workers), offered=500, seconds=4, backlog=9_000, until_drained=True
    )

    assert (outcome.applied, outcome.backlog) == (outcome.offered, 0)


@pytest.mark.parametrize("partitions", [1, 2, 8])
def test_more_workers_are_never_slower(partitions):
    took = [
        simulate(
            Setup(LIKELY, workers=workers, partitions=partitions),
            offered=0,
            seconds=0,
            backlog=20_000,
            until_drained=True,
        ).seconds
        for workers in (1, 2, 4)
    ]

    assert all(later <= earlier * 1.01 for earlier, later in pairwise(took))


def test_workers_beyond_the_partitions_wait_for_their_checkpoint():
    alone, crowd = (
        simulate(
            Setup(LIKELY, workers=workers, partitions=1),
            offered=0,
            seconds=0,
            backlog=20_000,
            until_drained=True,
        )
        for workers in (1, 4)
    )

    assert crowd.drained == pytest.approx(alone.drained, rel=0.05)
    assert crowd.workers_blocked > 0.6


def test_cores_are_shared():
    """Two workers on one core do what one does; on two they are faster."""

    def rate(workers, cores):
        costs = replace(FREE, apply_event=0.001)
        setup = Setup(costs, workers=workers, partitions=64, batch=500, cores=cores)
        return simulate(setup, offered=0, seconds=0, backlog=64_000, until_drained=True).drained

    assert rate(2, 1) == pytest.approx(rate(1, 1), rel=0.02)
    assert rate(2, 2) == rate(2, 0) > 1.5 * rate(1, 1)


def test_the_relay_can_be_the_bottleneck():
    costs = replace(FREE, send_event=0.001, apply_event=0.0001)

    outcome = simulate(Setup(costs, workers=4), offered=5_000, seconds=10)

    assert outcome.throughput == pytest.approx(1_000, rel=0.05)
    assert outcome.relay_busy > 0.99
    assert outcome.workers_busy < 0.2


def test_the_queue_stays_within_its_depth_and_a_sweep_refills_it():
    setup = Setup(replace(FREE, apply_event=0.0001), depth=3, partitions=4, batch=500)

    outcome = simulate(setup, offered=0, seconds=0, backlog=10_000, until_drained=True)

    assert outcome.most_waiting == 3
    assert outcome.backlog == 0
    assert outcome.seconds > 5  # of 20 messages a sweep brings three or four


def test_a_busy_moment_is_carried_by_larger_messages():
    """A message costs what it costs, however many events are in it."""
    costs = Costs(wake=0, run=0, send=0.004, send_event=0, receive=0.002, apply=0.002, apply_event=0)

    outcome = simulate(Setup(costs, depth=2), offered=20_000, seconds=5)

    assert outcome.throughput == pytest.approx(20_000, rel=0.02)


def test_the_same_seed_gives_the_same_figures():
    def lag(seed):
        return simulate(Setup(LIKELY), offered=300, seconds=5, seed=seed).lags

    assert lag(1) == lag(1) != lag(2)


def test_nothing_applied_has_no_lag():
    outcome = simulate(one_at_a_time(service=10), offered=1, seconds=1, backlog=1)

    assert outcome.applied == 0
    assert math.isnan(outcome.lag(50))
