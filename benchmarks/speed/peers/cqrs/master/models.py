"""Products as their owner has them."""

from dj_cqrs.mixins import MasterMixin
from django.db import models


class Product(MasterMixin, models.Model):
    CQRS_ID = "product"

    id = models.UUIDField(primary_key=True)
    title = models.TextField()
    image = models.TextField()
    version = models.PositiveIntegerField()

    class Meta:
        app_label = "master"
        db_table = "product"
