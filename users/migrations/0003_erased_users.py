from django.db import migrations, models

from event_bus.indexes import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0002_admin_lists")]
    operations = [
        AddIndexWithoutLock(
            "user",
            models.Index(
                fields=["id"], condition=models.Q(("erased_at__isnull", False)), name="erased_users"
            ),
        ),
    ]
