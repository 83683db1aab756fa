"""Commands at a terminal: what is missing is said in a line, and nobody has to read to the end."""

import os
import subprocess
import sys

import pytest

from config.command_line import READER_GONE, missing_table
from stack import CODE_DIR
from stack.ports import free_port


@pytest.fixture
def manage(servers, tmp_path):
    """Runs a command on databases that are there and empty."""
    with servers.new_databases() as databases:
        env = {**os.environ, "DATA_DIR": str(tmp_path), **databases}

        def run(*arguments, **more):
            return subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=CODE_DIR,
                env={**env, **more},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )

        run.env = env
        yield run


def test_ctrl_c_is_no_traceback(manage):
    done = manage("shell", "--no-imports", "-c", "raise KeyboardInterrupt")

    assert done.returncode == 130
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "database"),
    [
        (["prune_events", "--older-than", "1d"], "default"),
        (["announce", "products"], "default"),
        (["reconcile"], "order_history"),
        (["dead_letters"], "order_history"),
    ],
)
def test_before_migrate_one_line_says_what_is_to_be_done(manage, command, database):
    done = manage(*command)

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.endswith(f"does not exist yet. First run: manage.py migrate --database {database}")


def test_a_database_that_does_not_answer_is_not_taken_for_an_empty_one(manage):
    away = f"postgres://nobody@127.0.0.1:{free_port()}/shop"

    done = manage("prune_events", "--older-than", "1d", DATABASE_URL=away)

    assert done.returncode != 0
    assert "migrate" not in done.stderr
    assert "OperationalError" in done.stderr


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("no such table: outbox_partition", "outbox_partition"),
        ('relation "inbox_checkpoint" does not exist\nLINE 1: SELECT', "inbox_checkpoint"),
        ('FATAL:  database "shop" does not exist', None),
        ("no such column: outbox_partition.pruned", None),
        ('column "pruned" does not exist', None),
        ("unable to open database file", None),
    ],
)
def test_only_a_missing_table_is_one(text, table):
    assert missing_table(Exception(text)) == table


@pytest.mark.parametrize("command", ["help --commands", "spectacular"])
def test_a_reader_that_leaves_early_is_no_error(manage, command):
    pipeline = f"{sys.executable} manage.py {command} | true; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", pipeline],
        cwd=CODE_DIR,
        env=manage.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stderr == ""
    assert int(done.stdout) == READER_GONE
