"""A bug to be mended, for tests of what it leaves behind."""

from order_history import projections


class BrokenTitles:
    """The handler of products raises `error` for these titles, until they are taken out of `titles`."""

    def __init__(self, monkeypatch):
        self.titles, self.error, self.say = set(), ValueError, "cannot stand"
        projection = projections.projection
        self.original = projections.keep_newest_products
        monkeypatch.setattr(
            projection,
            "_handlers",
            [self._swapped(handler) for handler in projection._handlers],
        )
        for name, (event_class, handler) in list(projection._handler_of.items()):
            monkeypatch.setitem(projection._handler_of, name, (event_class, self._swapped(handler)))

    def _swapped(self, handler):
        return self._handle if handler is self.original else handler

    def _handle(self, events):
        if bad := self.titles & {event.title for event in events}:
            raise self.error(f"{self.say} {sorted(bad)}")
        self.original(events)
