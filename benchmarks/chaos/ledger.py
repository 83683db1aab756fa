"""What the clients were told, and nothing else."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass
class ToldProduct:
    title: str
    version: int
    withdrawn: bool
    at: datetime
    """When this was acknowledged last."""


@dataclass
class ToldUser:
    at: datetime
    erased: bool = False


@dataclass
class ToldOrder:
    user_id: UUID
    placed_at: datetime
    quantities: dict[UUID, int]
    at: datetime
    cancelled: bool = False


@dataclass
class Ledger:
    """`uncertain` has the ids whose last change was never answered, `perhaps_*` what may exist unheard of."""

    products: dict[UUID, ToldProduct] = field(default_factory=dict)
    users: dict[UUID, ToldUser] = field(default_factory=dict)
    orders: dict[UUID, ToldOrder] = field(default_factory=dict)
    uncertain: set[UUID] = field(default_factory=set)
    perhaps_titles: set[str] = field(default_factory=set)
    perhaps_users: int = 0
    perhaps_orders: int = 0
    surprises: list[str] = field(default_factory=list)
    """Answers that no correct shop gives."""
    writes: int = 0
    """Acknowledged."""
    unanswered: int = 0
    """Attempts."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def acknowledged(self) -> None:
        with self.lock:
            self.writes += 1

    def went_unanswered(self) -> None:
        with self.lock:
            self.unanswered += 1

    def surprised(self, what: str) -> None:
        with self.lock:
            self.surprises.append(what)

    def on_offer(self) -> list[UUID]:
        with self.lock:
            return [id for id, product in self.products.items() if not product.withdrawn]
