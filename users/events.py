"""What is announced of users: nothing personal."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from event_bus.events import Event


class UserState(Event):
    """Who it is about, and that is all."""

    user_id: UUID = Field(description="The user.", examples=["8d1f7c1e-3f0b-4c57-8a8b-0d3b7c9e5a02"])

    @property
    def subject(self) -> UUID:
        return self.user_id


class UserSignedUp(UserState):
    """Somebody can order now."""

    type: ClassVar[str] = "users.user_signed_up.v1"


class UserErased(UserState):
    """Somebody asked to be forgotten: whoever keeps rows about this user deletes them."""

    type: ClassVar[str] = "users.user_erased.v1"

    erased_at: datetime = Field(description="When, UTC.", examples=["2026-03-02T08:30:00.123456Z"])
