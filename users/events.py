"""What is announced of users: nothing personal."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from event_bus.events import Event


class UserSignedUp(Event):
    """Somebody can order now."""

    type: ClassVar[str] = "users.user_signed_up.v1"

    user_id: UUID

    @property
    def subject(self) -> UUID:
        return self.user_id


class UserErased(Event):
    """Somebody asked to be forgotten: whoever keeps rows about this user deletes them."""

    type: ClassVar[str] = "users.user_erased.v1"

    user_id: UUID
    erased_at: datetime

    @property
    def subject(self) -> UUID:
        return self.user_id
