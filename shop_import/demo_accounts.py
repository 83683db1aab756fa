"""Accounts to try the shop with: one of staff, one of a customer who has ordered."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from orders.models import Order
from orders.operations import LineToOrder, place_order
from products.queries import get_first_on_offer
from users.models import User
from users.operations import EmailTaken, sign_up

STAFF = "admin@example.com"
CUSTOMER = "customer@example.com"


@dataclass(frozen=True)
class DemoAccount:
    email: str
    role: str
    has_this_password: bool
    """False if somebody has given the account another one."""


def make_demo_accounts(*, password: str, at: datetime) -> Sequence[DemoAccount]:
    """Those that exist stay as they are. The customer orders as soon as there is something to order."""
    staff = _existing_or_new(STAFF, password, is_staff=True)
    customer = _existing_or_new(CUSTOMER, password)
    has_ordered = _order_something(customer.id, at=at)
    return [
        DemoAccount(STAFF, "staff", staff.check_password(password)),
        DemoAccount(
            CUSTOMER,
            "customer, has ordered" if has_ordered else "customer",
            customer.check_password(password),
        ),
    ]


def password_kept_in(path: Path) -> str:
    """A random one, made at the first call; only the owner of the file can read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(12))
    try:
        os.link(draft, path)  # whoever is first; nobody ever reads half of one
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def _existing_or_new(email: str, password: str, *, is_staff: bool = False) -> User:
    try:
        return sign_up(email=email, password=password, is_staff=is_staff, is_superuser=is_staff)
    except EmailTaken:
        user: User = User.objects.get(email=email)
        return user


def _order_something(user_id: UUID, *, at: datetime) -> bool:
    """Whether they have ordered, now or before."""
    if Order.objects.of_user(user_id).exists():
        return True
    offers = get_first_on_offer(4)
    affordable_together = [offer for offer in offers if offer.currency == offers[0].currency]
    for chosen in (affordable_together[:3], affordable_together[2:]):
        if chosen:
            place_order(
                user_id=user_id,
                lines=[LineToOrder(offer.product_id, number) for number, offer in enumerate(chosen, start=1)],
                at=at,
            )
    return bool(offers)
