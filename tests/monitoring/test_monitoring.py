"""Alerts, dashboard and runbook speak of the same things, and of things that exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from event_bus.metrics import BusCollector
from tests.status_page import synthetic

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docs/monitoring/alerts.yml"
DASHBOARD = ROOT / "docs/monitoring/dashboard.json"
RUNBOOK = (ROOT / "docs/operations.md").read_text()

ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]

every_alert = pytest.mark.parametrize("alert", ALERTS, ids=[rule["alert"] for rule in ALERTS])


@pytest.fixture(scope="module")
def samples():
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BusCollector(synthetic.trouble()))
    text = generate_latest(registry).decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda path: path.name)
def test_every_metric_that_is_asked_for_is_told(samples, file):
    asked_for = set(re.findall(r"\bevent_bus_[a-z_]+", file.read_text()))

    assert asked_for - {sample.name for sample in samples} == set()


def test_every_label_that_is_asked_for_is_told(samples):
    told = {(name, value) for sample in samples for name, value in sample.labels.items()}

    for expression in (alert["expr"] for alert in ALERTS):
        assert set(re.findall(r'(\w+)="([^"]+)"', expression)) <= told
        for labels in re.findall(r"by \(([^)]+)\)", expression):
            assert set(labels.split(", ")) <= {name for name, _ in told}


@every_alert
def test_an_alert_has_its_section_in_the_runbook(alert):
    name = alert["alert"]
    [section] = re.findall(rf"^### {name}\n(.*?)(?=^##)", RUNBOOK, flags=re.DOTALL | re.MULTILINE)

    assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert alert["labels"]["severity"] in {"page", "ticket"}
    for part in ("**Means**", "**Look**", "**do**" if "**do**" in section else "**Do**"):
        assert part in section


def test_the_runbook_has_no_section_without_an_alert():
    sections = set(re.findall(r"^### (EventBus\w+)$", RUNBOOK, flags=re.MULTILINE))

    assert sections == {alert["alert"] for alert in ALERTS}


def test_the_panels_of_the_dashboard_do_not_overlap():
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not here (Debian: apt install prometheus)"
)
@pytest.mark.parametrize(
    "command", [["check", "rules", RULES], ["test", "rules", "tests/monitoring/alerts_test.yml"]]
)
def test_promtool_agrees(command):
    done = subprocess.run(["promtool", *command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
