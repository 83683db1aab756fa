"""Plain Celery, without a bus: a task an event, sent once the change has committed."""
