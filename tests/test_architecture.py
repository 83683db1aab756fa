"""What the import contracts of pyproject.toml cannot see."""

import pytest
from django.apps import apps
from django.db import router
from django.db.models import ForeignKey

OURS = {"products", "users", "orders", "outbox", "inbox", "order_history"}


def our_models():
    return [model for model in apps.get_models() if model._meta.app_label in OURS]


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_no_foreign_key_leaves_its_app(model):
    abroad = [
        f"{field.name} → {field.related_model._meta.label}"
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label != model._meta.app_label
    ]

    assert abroad == []


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_the_history_and_its_inbox_have_a_database_of_their_own(model):
    expected = "order_history" if model._meta.app_label in {"order_history", "inbox"} else "default"

    assert router.db_for_write(model) == router.db_for_read(model) == expected
