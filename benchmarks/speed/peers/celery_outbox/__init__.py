"""Products by django-celery-outbox: a Celery task a change, kept in an outbox until a relay sends it."""
