"""A flat picture of 480 by 480: plain shapes, lit from the left, their right side in shade."""

from collections.abc import Callable
from math import cos, radians, sin
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

SIZE = 480
OVERSAMPLING = 3  # drawn larger and scaled down, so that edges are smooth
MOST_COLOURS = 64

PALETTE = {
    "paper": "#FFFBF3", "cream": "#F6EEE0", "sand": "#E6D2B0", "beech": "#C99867", "walnut": "#7A5038",
    "ink": "#22384A", "night": "#34566B", "steel": "#8FA5AE", "mist": "#C9D8DA", "teal": "#2F7F7A",
    "moss": "#5B7553", "leaf": "#86A06B", "sage": "#B5C4A1", "butter": "#F8E2A6", "honey": "#EFBE5B",
    "mustard": "#DDA032", "blush": "#F0CBB7", "coral": "#E88C6C", "terracotta": "#CB5F43", "brick": "#9C4231",
}  # fmt: skip

Point = tuple[float, float]
Draw = Callable[[ImageDraw.ImageDraw], None]


def mixed(colour: str, other: str, share: float) -> str:
    """Colours are #RRGGBB or names of the palette."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def turned(points: list[Point], degrees: float, centre: Point) -> list[Point]:
    """The points turned clockwise around the centre."""
    c, s, (cx, cy) = cos(radians(degrees)), sin(radians(degrees)), centre
    return [(cx + (x - cx) * c - (y - cy) * s, cy + (x - cx) * s + (y - cy) * c) for x, y in points]


def _channels(colour: str) -> list[int]:
    code = PALETTE.get(colour, colour)
    return [int(code[i : i + 2], 16) for i in (1, 3, 5)]


class Canvas:
    """All lengths are pixels of the finished picture. `split` is the x from which a shape is in shade."""

    def __init__(self, wall: str, floor: str, *, horizon: float = 372) -> None:
        side = SIZE * OVERSAMPLING
        self.image = Image.new("RGB", (side, side), PALETTE.get(wall, wall))
        self.box(0, horizon, SIZE, SIZE, floor)

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        colour: str,
        *,
        r: float = 0,
        split: float | None = None,
    ) -> None:
        corners = _scaled([(x0, y0), (x1, y1)])
        self._paint(lambda d: d.rounded_rectangle(corners, r * OVERSAMPLING, fill=255), colour, split)

    def oval(
        self, x: float, y: float, rx: float, ry: float, colour: str, *, split: float | None = None
    ) -> None:
        corners = _scaled([(x - rx, y - ry), (x + rx, y + ry)])
        self._paint(lambda d: d.ellipse(corners, fill=255), colour, split)

    def disc(self, x: float, y: float, r: float, colour: str, *, split: float | None = None) -> None:
        self.oval(x, y, r, r, colour, split=split)

    def shape(self, points: list[Point], colour: str, *, split: float | None = None) -> None:
        self._paint(lambda d: d.polygon(_scaled(points), fill=255), colour, split)

    def pie(self, x: float, y: float, rx: float, ry: float, start: float, end: float, colour: str,
            *, split: float | None = None) -> None:  # fmt: skip
        """Degrees, clockwise from three o'clock."""
        corners = _scaled([(x - rx, y - ry), (x + rx, y + ry)])
        self._paint(lambda d: d.chord(corners, start, end, fill=255), colour, split)

    def arc(self, x: float, y: float, rx: float, ry: float, start: float, end: float, colour: str,
            *, width: float, split: float | None = None) -> None:  # fmt: skip
        steps = [start + (end - start) * i / 72 for i in range(73)]
        points = [(x + rx * cos(radians(a)), y + ry * sin(radians(a))) for a in steps]
        self.stroke(points, colour, width=width, split=split)

    def stroke(self, points: list[Point], colour: str, *, width: float, split: float | None = None) -> None:
        """A line with round ends and joints."""

        def draw(d: ImageDraw.ImageDraw) -> None:
            d.line(_scaled(points), fill=255, width=round(width * OVERSAMPLING))
            for x, y in _scaled(points):
                r = width * OVERSAMPLING / 2
                d.ellipse((x - r, y - r, x + r, y + r), fill=255)

        self._paint(draw, colour, split)

    def shadow(self, x: float, y: float, rx: float, *, ry: float = 11) -> None:
        """Where something touches the floor."""
        below = self.image.getpixel((round(x * OVERSAMPLING), round((y + ry) * OVERSAMPLING)))
        assert isinstance(below, tuple)
        floor = "#" + "".join(f"{channel:02X}" for channel in below)
        self.oval(x + rx * 0.12, y, rx, ry, mixed(floor, "ink", 0.2))

    def save(self, path: Path) -> None:
        small = self.image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        small.quantize(palette=_palette_of(small), dither=Image.Dither.NONE).save(path, optimize=True)

    def _paint(self, draw: Draw, colour: str, split: float | None) -> None:
        mask = Image.new("L", self.image.size, 0)
        draw(ImageDraw.Draw(mask))
        self.image.paste(PALETTE.get(colour, colour), mask=mask)
        if split is not None:
            dark = Image.new("L", self.image.size, 0)
            ImageDraw.Draw(dark).rectangle((split * OVERSAMPLING, 0, *self.image.size), fill=255)
            self.image.paste(mixed(colour, "ink", 0.2), mask=ImageChops.multiply(mask, dark))


def _scaled(points: list[Point]) -> list[Point]:
    return [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]


def _palette_of(image: Image.Image) -> Image.Image:
    """The most frequent colours: all the flat ones, unchanged, and enough in between for smooth edges."""
    counted: list[tuple[int, tuple[int, int, int]]] = image.getcolors(SIZE * SIZE) or []  # type: ignore[assignment]
    frequent = sorted(counted, key=lambda entry: (-entry[0], entry[1]))[:MOST_COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for _, colour in frequent for channel in colour])
    return palette
