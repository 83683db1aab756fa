"""Products as the reading side has them."""

from django.db import models


class ProductCopy(models.Model):
    id = models.UUIDField(primary_key=True)
    title = models.TextField()
    image = models.TextField()
    version = models.PositiveIntegerField()

    class Meta:
        app_label = "reader"
        db_table = "product_copy"
