"""A migration that would break or stop what runs meanwhile is refused before anybody runs it."""

import pytest
from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.db import connections, migrations, models
from django.db.migrations.state import ModelState, ProjectState

from event_bus.indexes import AddIndexWithoutLock
from event_bus.outbox.models import OutboxEvent
from stack import migration_rules


def state():
    known = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("note", models.CharField(max_length=50, null=True)),
        ("amount", models.IntegerField()),
    ]
    known.add_model(ModelState("orders", "Order", fields))
    return known


def complaints(*operations, **attributes):
    kind = type("Migration", (migrations.Migration,), {"operations": [*operations], **attributes})
    return list(migration_rules.complaints(kind("0009_next", "orders"), state()))


INDEX = models.Index(fields=["note"], name="by_note")
CHECK = models.CheckConstraint(condition=models.Q(amount__gte=0), name="not_negative")
UNIQUE = models.UniqueConstraint(fields=["note"], name="one_note")
NEW_TABLE = migrations.CreateModel("Parcel", [("id", models.BigAutoField(primary_key=True))])


def do_nothing(apps, schema_editor):
    pass


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        (migrations.RemoveField("order", "note"), "RemoveField order.note: processes of the release before"),
        (migrations.DeleteModel("Order"), "DeleteModel order: processes of the release before"),
        (migrations.RenameField("order", "note", "remark"), "RenameField order"),
        (migrations.RenameModel("Order", "Purchase"), "RenameModel"),
        (migrations.AlterModelTable("order", "purchases"), "AlterModelTable order"),
        (migrations.AddField("order", "size", models.IntegerField(default=1)), "insert rows without it"),
        (migrations.AddField("order", "code", models.CharField(null=True, db_index=True)), "index"),
        (migrations.AlterField("order", "note", models.CharField(max_length=50)), "may have null"),
        (migrations.AlterField("order", "note", models.CharField(max_length=40, null=True)), "written anew"),
        (migrations.AlterField("order", "note", models.CharField(max_length=80, null=True)), "have prepared"),
        (migrations.AlterField("order", "amount", models.BigIntegerField()), "written anew"),
        (migrations.AddIndex("order", INDEX), "AddIndex order: nobody can write to the table"),
        (migrations.AddConstraint("order", CHECK), "AddConstraintNotValid"),
        (migrations.AddConstraint("order", UNIQUE), "a unique index first"),
        (migrations.RunPython(do_nothing), "no way back"),
        (migrations.RunSQL("SELECT 1"), "no way back"),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("order", "note")]), "still use it"),
    ],
)
def test_what_breaks_or_stops_others_is_refused(operation, named):
    [complaint] = complaints(operation)

    assert complaint.startswith("orders.0009_next: ")
    assert named in complaint


@pytest.mark.parametrize(
    "operation",
    [
        NEW_TABLE,
        migrations.AddField("order", "remark", models.TextField(null=True)),
        migrations.AddField("order", "size", models.IntegerField(db_default=1)),
        migrations.AlterField("order", "note", models.CharField(max_length=50, null=True, help_text="!")),
        AddIndexWithoutLock("order", INDEX),
        AddIndexConcurrently("order", INDEX),
        AddConstraintNotValid("order", CHECK),
        migrations.RunPython(do_nothing, migrations.RunPython.noop),
    ],
)
def test_what_others_do_not_notice_passes(operation):
    assert complaints(operation) == []


def test_a_new_table_may_be_finished_at_once():
    index = models.Index(fields=["id"], name="by_id")
    field = migrations.AddField("parcel", "weight", models.IntegerField())

    assert complaints(NEW_TABLE, migrations.AddIndex("parcel", index), field) == []


def test_rows_and_tables_change_in_migrations_of_their_own():
    fill = migrations.RunPython(do_nothing, migrations.RunPython.noop)

    [complaint] = complaints(migrations.AddField("order", "remark", models.TextField(null=True)), fill)

    assert "a migration each" in complaint


def test_what_is_allowed_with_a_reason_passes_and_a_leftover_permission_does_not():
    allowed = {"RemoveField order.note": "nobody has read it since release 12"}

    assert complaints(migrations.RemoveField("order", "note"), allowed=allowed) == []
    [complaint] = complaints(NEW_TABLE, allowed=allowed)
    assert "is allowed and not done" in complaint


def test_the_migrations_that_are_there_pass():
    assert list(migration_rules.complaints_of_all()) == []


def test_every_app_of_ours_is_judged_and_no_library():
    judged = {config.label for config in apps.get_app_configs() if migration_rules._is_ours(config.label)}

    assert judged >= set(migration_rules.OLD)
    assert not judged & {"auth", "admin", "sessions", "token_blacklist"}


def test_a_bad_migration_on_the_disk_fails_the_command(monkeypatch, capsys):
    monkeypatch.setattr(migration_rules, "OLD", {**migration_rules.OLD, "outbox": 5})

    assert migration_rules.main() == 1
    assert "outbox.0006_acknowledged_and_pruned: AddField cursor.acknowledged" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_an_index_is_added_and_removed_on_every_database():
    index = models.Index(fields=["type"], name="for_this_test")
    operation = AddIndexWithoutLock("outboxevent", index)
    before = ProjectState()
    before.add_model(ModelState.from_model(OutboxEvent, exclude_rels=True))
    after = before.clone()
    operation.state_forwards("outbox", after)
    connection = connections["default"]

    def names():
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, OutboxEvent._meta.db_table))

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("outbox", editor, before, after)
    assert "for_this_test" in names()

    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("outbox", editor, after, before)
    assert "for_this_test" not in names()
