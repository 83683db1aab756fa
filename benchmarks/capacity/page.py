"""The part of docs/scaling.md that is written from kept results."""

from pathlib import Path

from benchmarks.capacity.calculating import calculation
from benchmarks.capacity.demand import Demand
from stack import CODE_DIR, StackError

PAGE = CODE_DIR / "docs" / "scaling.md"
BEGIN, END = "<!-- written by python -m benchmarks.capacity --write -->", "<!-- until here -->"


def write(page: Path, demand: Demand | None = None) -> None:
    """Anew, between the two marks. Raises StackError."""
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise StackError(f"{page} has no marks between which to write")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    page.write_text(f"{before}{BEGIN}\n\n{calculation(demand or Demand())}\n{END}{after}")
