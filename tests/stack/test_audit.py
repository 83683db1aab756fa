import subprocess

from stack import audit

SKIPPED = {"name": "amqp", "skip_reason": "Dependency not found on PyPI"}
SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
VULNERABLE = {
    "name": "pillow",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.0"]}, {"id": "PYSEC-2", "fix_versions": []}],
}


def test_a_known_vulnerability_fails_and_is_named(capsys):
    assert audit.report([SOUND, VULNERABLE, SKIPPED]) == 1

    said = capsys.readouterr().out
    assert "2 of 3 packages audited, 1 are vulnerable" in said
    assert "pillow 1.0: PYSEC-1, fixed in 2.0" in said
    assert "PYSEC-2, fixed in nothing yet" in said


def test_nothing_known_passes():
    assert audit.report([SOUND, SKIPPED]) == 0


def test_a_database_that_knows_nothing_passes_and_says_that_nothing_was_audited(capsys):
    assert audit.report([SKIPPED]) == 0
    assert "Not audited" in capsys.readouterr().err


def test_a_database_that_cannot_be_reached_passes_and_says_so(monkeypatch, capsys):
    gone = subprocess.CompletedProcess([], 1, stdout="", stderr="…\nConnectionError: no route to host")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: gone)

    assert audit.main() == 0
    assert "no route to host" in capsys.readouterr().err
