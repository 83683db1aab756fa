"""The frame of the benchmark: turns, goals, and what is compared with the results that are kept."""

import json
from dataclasses import replace

import pytest

from benchmarks.speed import __main__ as speed
from benchmarks.speed.comparison import fallen
from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.report import write_page
from benchmarks.speed.rounds import interleaved


def a_result(**values):
    return Result(
        "query",
        "The query",
        [Figure("ours", "answers", "requests/s", (90.0, 110.0, 100.0))],
        [
            Goal("of the limit", values.get("of_limit", 0.9), 0.7, at_least=True),
            Goal("memory at ten times the rows", values.get("memory", 1.0), 1.5, at_least=False),
            Goal("rate", values.get("rate", 20_000), 20_000, at_least=True, unit="events/s"),
        ],
    )


def test_contenders_take_turns_and_every_other_round_runs_backwards():
    order = []

    def contender(name):
        def measure():
            order.append(name)
            return {("rate", "rows/s"): float(len(order))}

        return measure

    figures = interleaved({name: contender(name) for name in "ab"}, rounds=3)

    assert order == ["a", "b", "b", "a", "a", "b"]
    assert {figure.contender: figure.values for figure in figures} == {"a": (1, 4, 5), "b": (2, 3, 6)}
    assert figures[0].median == 4


@pytest.mark.parametrize(
    ("value", "at_least", "met", "missed_by"),
    [(10, True, True, 0.5), (4, True, False, 1.25), (4, False, True, 0.8), (10, False, False, 2.0)],
)
def test_a_goal_says_by_how_much_it_is_missed(value, at_least, met, missed_by):
    goal = Goal("", value, 5, at_least)

    assert (goal.met, goal.missed_by) == (met, missed_by)


def test_a_result_survives_its_file(tmp_path):
    assert Result.from_json(json.loads(json.dumps(a_result().as_json()))) == a_result()


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({"of_limit": 0.61}, 0),  # less than a third lower
        ({"of_limit": 0.59}, 1),
        ({"memory": 1.4}, 0),
        ({"memory": 1.6}, 1),
        ({"rate": 1}, 0),  # no ratio: another machine's figure says nothing
    ],
)
def test_a_ratio_that_falls_by_more_than_a_third_is_named(tmp_path, now, named):
    kept = tmp_path / "query.json"
    kept.write_text(json.dumps(a_result().as_json()))

    assert len(fallen(a_result(**now), kept)) == named


def test_a_ratio_that_was_never_kept_or_is_no_longer_measured_is_named(tmp_path):
    kept = tmp_path / "query.json"
    kept.write_text(json.dumps(a_result().as_json()))
    renamed = [replace(goal, text=f"{goal.text}, renamed") for goal in a_result().goals]

    said = fallen(replace(a_result(), goals=renamed), kept)

    assert said["of the limit"] == "query: of the limit: kept, but not measured"
    assert said["of the limit, renamed"] == "query: of the limit, renamed: measured, but not kept"


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """`--quick` of the part "query", on results that follow each other; returns its exit status."""
    monkeypatch.setattr(speed, "RESULTS", tmp_path)
    monkeypatch.setattr(speed.sys, "argv", ["speed", "--quick", "--only", "query"])

    def run(*looks):
        remaining = iter(looks)

        def measure(names, console, *, quick):
            result = next(remaining)
            return ([result], []) if result else ([], ["query"])

        monkeypatch.setattr(speed, "_measure", measure)
        status = speed.main()
        assert next(remaining, None) is None
        return status

    return run


@pytest.fixture
def kept(tmp_path):
    (tmp_path / "quick").mkdir()
    (tmp_path / "quick" / "query.json").write_text(json.dumps(a_result().as_json()))


def test_without_results_to_compare_with_nothing_is_measured_and_it_fails(quick, capsys):
    assert quick() == 2
    assert "Nothing is kept that query could be compared with" in capsys.readouterr().out


@pytest.mark.usefixtures("kept")
def test_a_ratio_has_fallen_once_it_is_low_each_time(quick):
    low, high = a_result(of_limit=0.1), a_result()

    assert quick(high) == 0
    assert quick(low, high) == 0
    assert quick(low, low, high) == 0
    assert quick(low, low, low) == 1


@pytest.mark.usefixtures("kept")
def test_another_ratio_that_is_low_another_time_is_noise(quick):
    assert quick(a_result(of_limit=0.1), a_result(memory=9.0)) == 0


@pytest.mark.usefixtures("kept")
def test_what_cannot_be_measured_is_tried_again(quick):
    assert quick(None, a_result()) == 0
    assert quick(None, None, None) == 1


def test_the_page_marks_what_is_missed(tmp_path):
    write_page(tmp_path / "benchmarks.md", [a_result(of_limit=0.35)])

    page = (tmp_path / "benchmarks.md").read_text()
    assert "| query | of the limit: at least 0.7 × | 0.35 × | **missed** by 2.00 × |" in page
    assert "| query | rate: at least 20000 events/s | 20,000 events/s | met |" in page
    assert "| ours | answers | 100 | 90 | 110 | requests/s |" in page


def test_the_page_shows_the_goals_of_an_earlier_run(tmp_path):
    other = replace(a_result(of_limit=0.1), measured="Measured yesterday.")
    write_page(tmp_path / "benchmarks.md", [a_result(of_limit=0.35)], earlier=[other])

    page = (tmp_path / "benchmarks.md").read_text()
    main, earlier = page.index("0.35 × | **missed** by 2.00 ×"), page.index("0.1 × | **missed** by 7.00 ×")
    assert main < page.index("- query: Measured yesterday.") < earlier
