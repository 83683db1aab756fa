"""The Celery app of both sides: tasks are put in the outbox, and acknowledged when they are done."""

import os

from django_celery_outbox import OutboxCelery

app = OutboxCelery("products")
app.conf.update(
    broker_url=os.environ["CELERY_BROKER_URL"],
    include=["benchmarks.speed.peers.celery_outbox.tasks"],
    task_default_queue="products",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=32,
    worker_hijack_root_logger=False,
    # Or else Celery connects to PostgreSQL anew for every task.
    CELERY_DB_REUSE_MAX=100_000,
)
