"""Products by django-reliable-outbox: an outbox in PostgreSQL alone, its workers call the handlers."""
