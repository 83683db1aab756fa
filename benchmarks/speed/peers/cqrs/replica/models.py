"""Products as the reading side has them."""

from dj_cqrs.mixins import ReplicaMixin
from django.db import models


class ProductCopy(ReplicaMixin):
    CQRS_ID = "product"

    id = models.UUIDField(primary_key=True)
    title = models.TextField()
    image = models.TextField()
    version = models.PositiveIntegerField()

    class Meta:
        app_label = "replica"
        db_table = "product_copy"
