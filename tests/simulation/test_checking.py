"""The model held against results of the benchmark, as the command does it."""

import json
import subprocess
import sys

import pytest

from benchmarks.simulation.__main__ import main
from benchmarks.simulation.calibration import calibrate, predict
from benchmarks.simulation.measured import Measurement, Point, Unreadable, read
from benchmarks.simulation.model import Costs, Setup
from benchmarks.speed.figures import Figure, Result
from stack import CODE_DIR

TRUE = Costs(
    wake=0.002, run=0.0005, send=0.0005, send_event=0.00006, receive=0.0005, apply=0.0005, apply_event=0.0002
)


def growth(**rates):
    """Of one worker and of two, with 8 partitions."""
    figures = [
        Figure(contender, "events drained", "events/s", (rate,), "8 partitions")
        for contender, rate in zip(("1 worker", "2 workers"), rates.values(), strict=False)
    ]
    cpu = [("relay", 0.04), ("history workers", 0.1), ("PostgreSQL", 0.1), ("broker", 0.004)]
    figures += [
        Figure("1 worker", f"CPU of {who}", "ms/event", (value,), "8 partitions") for who, value in cpu
    ]
    return Result("growth", "Growth", figures, [], cores=2)


def kept(tmp_path, result):
    file = tmp_path / f"{result.part}.json"
    file.write_text(json.dumps(result.as_json()))
    return file


@pytest.fixture
def simulation(monkeypatch, capsys):
    """The command, in this process: exit status and what was printed."""

    def run(*options):
        monkeypatch.setattr(sys, "argv", ["benchmarks.simulation", *map(str, options)])
        monkeypatch.chdir(CODE_DIR)
        try:
            status = main()
        except SystemExit as ended:  # what argparse does on bad input
            status = ended.code
        return status, "".join(capsys.readouterr())

    return run


def test_growth_is_read(tmp_path):
    measurement = read(kept(tmp_path, growth(one=4_000.0, two=5_000.0)))

    assert measurement.points == [
        Point("drained", 4_000.0, workers=1, partitions=8),
        Point("drained", 5_000.0, workers=2, partitions=8),
    ]
    assert measurement.cores == 2
    assert measurement.cpu["relay"] == 0.04


def test_the_pipeline_is_read_and_its_rivals_are_not(tmp_path):
    figures = [
        Figure(name, "commit to visible", "events/s", (5_000.0,), "backlog")
        for name in ("order_history", "django-cqrs")
    ]
    figures.append(Figure("order_history", "processor time an event", "ms", (0.2,), "backlog"))
    figures.append(Figure("order_history", "commit to visible, p99", "ms", (9.0,), "1,000/s"))

    measurement = read(kept(tmp_path, Result("pipeline", "The pipeline", figures, [])))

    assert measurement.points == [
        Point("drained", 5_000.0, workers=1, partitions=None),
        Point("p99", 9.0, workers=1, partitions=None, offered=1_000),
    ]
    assert measurement.cpu == {"all": 0.2}


def test_calibration_finds_the_costs_again():
    """Points made by the model itself, from costs that the calibration does not know."""
    true = Setup(TRUE)
    asked = [
        Point("drained", 0, 1, None),
        Point("p50", 0, 1, None, 20),
        Point("p50", 0, 1, None, 300),
        Point("p50", 0, 1, None, 1_000),
    ]
    points = [Point(one.kind, predict(one, true), one.workers, one.partitions, one.offered) for one in asked]

    found, taken = calibrate(Measurement("pipeline", 0, points, {"all": 0.2}), Setup(TRUE))

    assert taken == [points[0], points[1], points[3]]
    for point in points:
        assert predict(point, found) == pytest.approx(point.value, rel=0.25), point.name


def test_a_result_that_it_predicts_passes(tmp_path, simulation):
    status, said = simulation("--check", kept(tmp_path, growth(one=4_000.0, two=5_500.0)))

    assert status == 0, said
    assert "calibrated on it" in said
    assert "1 predictions count" in said


def test_a_result_that_is_far_from_it_ends_with_3(tmp_path, simulation):
    status, said = simulation("--check", kept(tmp_path, growth(one=4_000.0, two=500.0)))

    assert status == 3, said
    assert "too far" in said


def test_the_factor_is_ones_own(tmp_path, simulation):
    file = kept(tmp_path, growth(one=4_000.0, two=500.0))

    assert simulation("--check", file, "--factor", "50")[0] == 0


def test_a_file_without_points_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="nothing to calibrate on"):
        read(kept(tmp_path, Result("growth", "Growth", [], [])))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--offered", "-1"], "-1 is negative"),
        (["--offered", "many"], "many is no number"),
        (["--offered", "nan"], "nan is no number"),
        (["--workers", "0"], "0 is less than 1"),
        (["--partitions", "1.5"], "1.5 is no whole number"),
        (["--offered", "10", "--seconds", "0"], "0 is not above 0"),
        (["--offered", "1000000", "--seconds", "60"], "more than 3,000,000 events"),
        (["--factor", "0.5"], "0.5 is below 1"),
        ([], "nothing to do: give --offered or --backlog"),
        (["--check", "nowhere.json"], "nowhere.json cannot be read: No such file"),
        (["--check", "pyproject.toml"], "pyproject.toml is no result of the benchmark"),
        (["--check", "benchmarks/results/full/bulk.json"], "is of the part 'bulk'"),
    ],
)
def test_bad_input_is_named(options, said, simulation):
    status, printed = simulation(*options)

    assert status == 2
    assert said in printed
    assert "Traceback" not in printed


def test_the_table_is_printed(simulation):
    status, said = simulation("--offered", 500, "--workers", 2, "--partitions", 8, "--seconds", 2)

    assert status == 0
    for words in ("throughput", "lag, p50", "lag, p99", "backlog at the end", "workers busy"):
        assert words in said


def test_the_command_ends_with_its_status(tmp_path):
    file = kept(tmp_path, growth(one=4_000.0, two=500.0))
    command = [sys.executable, "-m", "benchmarks.simulation", "--check", str(file)]

    done = subprocess.run(command, cwd=CODE_DIR, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 3, done.stderr
    assert "too far" in done.stdout


def test_costs_can_come_from_a_result(tmp_path, simulation):
    file = kept(tmp_path, growth(one=1_000.0, two=1_500.0))

    status, said = simulation("--calibrate", file, "--offered", 3_000, "--seconds", 5)

    assert status == 0
    throughput = next(line for line in said.splitlines() if line.startswith("throughput"))
    assert 900 < float(throughput.split()[1].replace(",", "")) < 1_100
