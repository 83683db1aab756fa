from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0003_erased_users")]
    operations = [
        migrations.AddField(
            "user",
            "has_been_staff",
            models.BooleanField(
                default=False,
                db_default=False,
                editable=False,
                help_text="So events about others may name them as actor.",
            ),
        ),
    ]
