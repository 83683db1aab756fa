from unicodedata import normalize

from django.db import migrations

AT_ONCE = 2_000


def fold(apps, schema_editor):
    products = apps.get_model("products", "Product").objects.using(schema_editor.connection.alias)
    chunk = []
    for product in products.filter(folded_title="").only("title").iterator(AT_ONCE):
        product.folded_title = normalize("NFC", normalize("NFC", product.title).casefold())
        chunk.append(product)
        if len(chunk) == AT_ONCE:
            products.bulk_update(chunk, ["folded_title"], batch_size=500)
            chunk.clear()
    products.bulk_update(chunk, ["folded_title"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("products", "0002_titles_are_searched_folded")]

    operations = [migrations.RunPython(fold, migrations.RunPython.noop, elidable=True)]
