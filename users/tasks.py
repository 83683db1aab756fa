"""What is done for users from time to time."""

from celery import shared_task
from django.core.management import call_command


@shared_task(name="users.forget_expired_tokens")
def forget_expired_tokens() -> None:
    """Refresh tokens that have expired are refused anyway; nobody needs to remember them."""
    call_command("flushexpiredtokens")
