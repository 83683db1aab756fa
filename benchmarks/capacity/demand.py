"""What is assumed of users, orders and their busiest hour."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Demand:
    """What is assumed."""

    users: float = 100e6
    lines: float = 1e9
    products: float = 1e6
    lines_an_order: float = 1.75
    """As in the made-up shop of docs/storage.md."""
    years: float = 1.0
    """In which all of it happens."""
    peak_day: float = 10.0
    """Times an average day."""
    peak_hour: float = 0.1
    """Of the day."""
    looks_an_order: float = 20.0
    """Pages of the history that are asked for."""

    @property
    def orders(self) -> float:
        return self.lines / self.lines_an_order

    @property
    def events(self) -> float:
        return self.orders + self.users + self.products

    @property
    def peak(self) -> float:
        """Events a second in the busiest hour of the busiest day."""
        return self._at_peak(self.events)

    @property
    def looks(self) -> float:
        """A second, then."""
        return self._at_peak(self.orders) * self.looks_an_order

    def _at_peak(self, count: float) -> float:
        return count / self.years / 365 * self.peak_day * self.peak_hour / 3600
