from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="folded_title",
            field=models.TextField(default="", editable=False, help_text="The title as it is searched."),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="product", index=models.Index(fields=["price", "id"], name="products_by_price")
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(fields=["-created_at", "-id"], name="products_newest_first"),
        ),
    ]
