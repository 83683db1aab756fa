from typing import Any

from django.db import migrations


def fill(apps: Any, schema_editor: Any) -> None:
    """They are few, and have an index."""
    users = apps.get_model("users", "User").objects.using(schema_editor.connection.alias)
    users.filter(is_staff=True).update(has_been_staff=True)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0004_has_been_staff")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
