from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("order_history", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="historyproduct",
            name="folded_title",
            field=models.TextField(default="", help_text="The title as it is searched."),
            preserve_default=False,
        ),
    ]
