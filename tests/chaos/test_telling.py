"""Every fault of the harness has its words in the status, or a reason why there is nothing to see."""

import pytest

from benchmarks.chaos.faults import ALL
from benchmarks.chaos.shop import Account
from benchmarks.chaos.telling import NAMED, NOTHING_TO_SEE, Listener
from event_bus.status.rules import Kind


@pytest.mark.parametrize("fault", sorted(ALL))
def test_a_fault_is_named_in_words_or_heals_within_a_sweep(fault):
    assert (fault in NAMED) != (fault in NOTHING_TO_SEE)
    assert set(NAMED.get(fault, ())) <= {kind.value for kind in Kind}


def test_nothing_is_expected_of_faults_that_do_not_exist():
    assert {*NAMED, *NOTHING_TO_SEE} == set(ALL)


def test_what_the_status_says_is_noted_of_the_faults_that_it_may_be_about(tmp_path):
    recent = {"messages dropped", "messages duplicated", "broker paused"}
    listener = Listener(1, Account("staff@example.com", ""), lambda seconds: recent, tmp_path / "log")

    listener.note({"gap being healed", "beat stopped"})

    assert listener.said == {"messages dropped": {"gap being healed": 1}, "": {"beat stopped": 1}}
