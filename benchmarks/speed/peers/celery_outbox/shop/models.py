"""Products as their owner has them."""

from django.db import models


class Product(models.Model):
    id = models.UUIDField(primary_key=True)
    title = models.TextField()
    image = models.TextField()
    version = models.PositiveIntegerField()

    class Meta:
        app_label = "shop"
        db_table = "product"
