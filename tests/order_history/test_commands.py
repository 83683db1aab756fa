import json

import pytest
from django.core.management import CommandError, call_command

from tests.order_history.facts import ANN, BOB, TEAPOT, id_of, placed, product

pytestmark = pytest.mark.django_db(databases=["order_history"])


def exported(capsys, **options):
    call_command("export_history", **options)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_export_holds_every_user_and_product_once(given, capsys):
    given(product(), placed(teapot=2, lamp=1), placed("order 2", user=BOB))

    rows = exported(capsys)

    assert {(row["user_id"], row["product_id"]) for row in rows} == {
        (str(ANN), str(TEAPOT)),
        (str(ANN), str(id_of("lamp"))),
        (str(BOB), str(TEAPOT)),
    }


def test_the_export_has_the_fields_of_the_api(given, capsys):
    given(product(), placed(teapot=2))

    assert exported(capsys) == [
        {
            "user_id": str(ANN),
            "product_id": str(TEAPOT),
            "title": "Teapot",
            "image": "/media/products/teapot.png",
            "first_ordered_at": "2026-01-01T00:00:00Z",
            "last_ordered_at": "2026-01-01T00:00:00Z",
            "times_ordered": 1,
            "quantity": 2,
        }
    ]


def test_one_users_history_is_exported_alone(given, capsys):
    given(placed(), placed("order 2", user=BOB))

    assert [row["user_id"] for row in exported(capsys, user=BOB)] == [str(BOB)]


def test_a_user_is_shown_as_a_table(given, capsys):
    given(product(), placed(teapot=2, lamp=1), placed("order 2", user=BOB))

    call_command("show_history")

    shown = capsys.readouterr().out
    assert str(ANN) in shown  # who ordered the most
    assert "Teapot" in shown
    assert "(not heard of yet)" in shown


def test_an_empty_history_says_so(capsys):
    with pytest.raises(CommandError, match="nobody has ordered anything yet"):
        call_command("show_history")
