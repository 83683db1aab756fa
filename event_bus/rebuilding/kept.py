"""The tables that a rebuild has left for --undo. No event is applied to them until they serve again."""

from collections.abc import Callable

import structlog
from django.db import DatabaseError, InterfaceError, router, transaction

from event_bus.inbox.models import Checkpoint
from event_bus.rebuilding.spares import PREVIOUS, spare_beside
from event_bus.rebuilding.table_sets import is_on_spare_tables, on_spare_tables

logger = structlog.stdlib.get_logger(__name__)


def forget_in_kept_tables(forget: Callable[[], object]) -> None:
    """Call `forget` on the tables kept for --undo, if there are any: what is forgotten is kept nowhere.

    In a transaction of its own. Tables that cannot be written to, being of an older release, keep nobody from being
    forgotten in those that serve: that is logged as an error. Tables that are filled anew hear of it by the event.
    """
    if is_on_spare_tables():
        return
    alias = router.db_for_write(Checkpoint)
    with spare_beside(alias) as spare:
        try:
            if spare.exists() and spare.state() == PREVIOUS:
                with on_spare_tables(alias), transaction.atomic(using=spare.name):
                    forget()
        except (DatabaseError, InterfaceError) as error:
            logger.error(
                "the tables kept from before the last rebuild still hold somebody who was erased "
                "(rebuild --discard drops them): %s",
                error,
            )
