import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from event_bus.inbox.models import DeadLetter
from order_history.models import HistoryProduct
from tests.delivering import Wire
from tests.event_bus.dead_lettering import BrokenTitles
from tests.order_history.facts import id_of, product

pytestmark = pytest.mark.django_db(databases=["order_history"])


@pytest.fixture
def broken(monkeypatch):
    return BrokenTitles(monkeypatch)


@pytest.fixture
def letters(broken):
    """Three dead letters of one bug."""
    broken.titles = {"a", "b", "[red]c"}
    Wire().deliver(*[product(id=id_of(title), title=title) for title in ("a", "b", "[red]c", "d")])
    return list(DeadLetter.objects.order_by("id"))


def run(*words):
    said = StringIO()
    call_command(*words, stdout=said)
    return said.getvalue()


def test_the_list_says_how_often_what_went_wrong(letters):
    said = run("dead_letters")

    assert "ValueError" in said
    assert "cannot stand ['[red]c']" in said
    assert "products.product_created.v1" in said


def test_the_list_as_json_has_every_group_and_its_times(letters):
    DeadLetter.objects.update(error="all the same")

    [group] = json.loads(run("dead_letters", "--json"))

    assert (group["count"], group["error_type"], group["error"]) == (3, "ValueError", "all the same")
    assert group["oldest"] == group["newest"] == "2026-03-01T12:00:00Z"


def test_an_empty_list_says_so():
    assert run("dead_letters") == "No dead letter waits.\n"
    assert json.loads(run("dead_letters", "--json")) == []


def test_one_is_shown_whole(letters):
    said = run("dead_letters", "--id", letters[2].id)

    assert '"title": "[red]c"' in said
    assert "Traceback (most recent call last)" in said
    assert "products/0, position 3" in said


def test_one_as_json_is_the_whole_row(letters):
    row = json.loads(run("dead_letters", "--id", letters[0].id, "--json"))

    assert row["content"]["data"]["title"] == "a"
    assert row["attempts"] == 1
    assert "Traceback" in row["traceback"]


def test_one_that_was_discarded_says_by_whom_and_why(letters):
    run("discard_dead_letters", "--id", letters[0].id, "--reason", "a duplicate", "--by", "ann")

    said = run("dead_letters", "--id", letters[0].id)

    assert "by ann" in said
    assert "a duplicate" in said


def test_one_that_is_not_there_is_an_error_in_plain_words():
    with pytest.raises(CommandError, match="there is no dead letter 7"):
        run("dead_letters", "--id", "7")


def test_after_the_fix_a_retry_clears_them_all(letters, broken):
    broken.titles = set()

    assert run("retry_dead_letters") == "3 applied, 0 failed again\n"

    assert HistoryProduct.objects.count() == 4
    assert run("retry_dead_letters") == "There is nothing to retry: no dead letter waits.\n"


def test_a_retry_in_vain_ends_with_an_error(letters, broken):
    broken.titles = {"b"}
    said = StringIO()

    with pytest.raises(CommandError, match="still waits"):
        call_command("retry_dead_letters", stdout=said)

    assert said.getvalue() == "2 applied, 1 failed again: 1 ValueError\n"


@pytest.mark.parametrize("words", [["--error", "ValueError"], ["--type", "products.product_created.v1"]])
def test_only_what_is_chosen_is_retried(letters, broken, words):
    broken.titles = set()

    run("retry_dead_letters", *words)

    assert not DeadLetter.objects.waiting().exists()


@pytest.mark.parametrize(
    "words", [["--error", "KeyError"], ["--type", "products.product_changed.v1", "--error", "ValueError"]]
)
def test_what_does_not_meet_every_condition_is_left_and_that_is_said(letters, broken, words):
    broken.titles = set()

    with pytest.raises(CommandError, match="no such dead letter waits"):
        run("retry_dead_letters", *words)

    assert DeadLetter.objects.waiting().count() == 3


def test_numbers_choose_what_is_retried(letters, broken):
    broken.titles = set()

    run("retry_dead_letters", "--id", letters[0].id, letters[1].id)

    assert DeadLetter.objects.waiting().get() == letters[2]


@pytest.mark.parametrize("command", ["retry_dead_letters", "discard_dead_letters"])
def test_a_number_that_does_not_wait_stops_it_before_it_does_anything(letters, broken, command):
    broken.titles = set()
    reason = ["--reason", "x"] if command == "discard_dead_letters" else []

    with pytest.raises(CommandError, match="no dead letter of this number waits: 999999"):
        run(command, "--id", letters[0].id, 999999, *reason)

    assert DeadLetter.objects.waiting().count() == 3


def test_a_database_that_goes_away_meanwhile_is_told_in_plain_words(letters, broken):
    broken.error = OperationalError

    with pytest.raises(CommandError, match="0 applied, 0 failed again; then stopped: cannot stand"):
        run("retry_dead_letters")


def test_a_discard_writes_down_who_and_why(letters, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "operator")

    assert run("discard_dead_letters", "--error", "ValueError", "--reason", "test data") == (
        "3 discarded by operator\n"
    )
    assert not DeadLetter.objects.waiting().exists()
    assert set(DeadLetter.objects.values_list("discarded_by", "discard_reason")) == {
        ("operator", "test data")
    }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--error", "ValueError"], "--reason"),
        (["--reason", "x"], "one of the arguments --id --error is required"),
        (["--error", "ValueError", "--reason", "  "], "say why"),
        (["--error", "KeyError", "--reason", "x"], "no dead letter with the error KeyError waits"),
    ],
)
def test_a_discard_that_lacks_something_is_refused(letters, words, complaint):
    with pytest.raises(CommandError, match=complaint):
        run("discard_dead_letters", *words)

    assert DeadLetter.objects.waiting().count() == 3
