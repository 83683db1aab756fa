"""What the picture is made of. Numbers are units of the drawing, which are pixels where it is drawn in full size."""

from dataclasses import dataclass

from event_bus.status_page.states import State


@dataclass(frozen=True)
class Layout:
    """In units of the drawing, which are pixels where it is drawn in full size."""

    name: str
    width: int
    topic_width: int
    card_left: int
    strip_left: int
    """Where the cells of a row begin, from the card's left."""
    straight: int
    """How far the arrows run straight into a card, below their numbers."""


WIDE = Layout("wide", width=1080, topic_width=190, card_left=690, strip_left=150, straight=140)
NARROW = Layout("narrow", width=360, topic_width=96, card_left=150, strip_left=72, straight=0)

TOPIC_HEIGHT, TOPIC_GAP = 58, 22
HEADER, ROW, CARD_PADDING, CARD_GAP = 58, 26, 10, 20
CELL_HEIGHT = 16
MARGIN = 8
BETWEEN_PORTS = 7
ARROW_HEAD = 9


@dataclass(frozen=True)
class Cell:
    """One partition."""

    x: float
    width: float
    state: State
    title: str


@dataclass(frozen=True)
class Flow:
    """From a topic to a subscription."""

    path: str
    state: State
    label: str
    label_y: float
    moving: bool


@dataclass(frozen=True)
class Row:
    """One topic in the card of a subscription."""

    topic: str
    y: float
    cells: list[Cell]
    flow: Flow

    @property
    def text_y(self) -> float:
        return self.y + ROW / 2 + 4

    @property
    def cells_y(self) -> float:
        return self.y + (ROW - CELL_HEIGHT) / 2


@dataclass(frozen=True)
class Card:
    """A subscription."""

    layout: Layout
    name: str
    y: float
    height: float
    pace: str
    words: str
    dead_letters: str
    state: State
    rows: list[Row]

    @property
    def width(self) -> float:
        return self.layout.width - self.layout.card_left - 1

    @property
    def left(self) -> float:
        return self.layout.card_left + 14

    @property
    def right(self) -> float:
        return self.layout.width - 15

    @property
    def name_y(self) -> float:
        return self.y + 25

    @property
    def words_y(self) -> float:
        return self.y + 45

    @property
    def label_x(self) -> float:
        return self.layout.card_left - 16


@dataclass(frozen=True)
class TopicNode:
    name: str
    y: float
    words: str
    state: State

    @property
    def name_y(self) -> float:
        return self.y + 25

    @property
    def words_y(self) -> float:
        return self.y + 44


@dataclass(frozen=True)
class Picture:
    layout: Layout
    height: float
    topics: list[TopicNode]
    cards: list[Card]
    description: str
