"""What the shop of the demo sells. The shop, its goods and its customers are invented."""

from collections.abc import Callable
from typing import NamedTuple

from demo.pictures import desk, kitchen, outdoors
from demo.pictures.canvas import Canvas


class Ware(NamedTuple):
    product_id: str
    title: str
    price: str
    appeal: int  # how often it is bought, compared with the others
    drawing: Callable[[], Canvas] | None

    @property
    def image(self) -> str:
        return f"images/{self.drawing.__name__.replace('_', '-')}.png" if self.drawing else ""


SHELF = (
    Ware("D-01", "Desk Lamp “Heron”", "89.00", 9, desk.lamp),
    Ware("D-02", "Notebook, Dotted, Moss Green", "16.50", 26, desk.notebook),
    Ware("D-03", "Fountain Pen “Plover”, Fine Nib", "48.00", 11, desk.pen),
    Ware("D-04", "Pencil Cup with a Coral Band", "22.00", 8, desk.pencil_cup),
    Ware("D-05", "Walnut Mantel Clock", "124.00", 3, desk.clock),
    Ware("D-06", "Snow Globe “Quiet Village”", "34.00", 6, desk.snow_globe),
    Ware("D-07", "Cactus in a Clay Pot", "14.90", 15, desk.cactus),
    Ware("K-01", "Enamel Mug, Speckled Blue", "12.90", 34, kitchen.mug),
    Ware("K-02", "Moka Pot, Three Cups", "36.00", 14, kitchen.moka_pot),
    Ware("K-03", "Stoneware Teapot “Rowan”, 1.2 l", "58.00", 7, kitchen.teapot),
    Ware("K-04", "Pepper Mill, Turned Beech", "42.00", 6, kitchen.pepper_mill),
    Ware("K-05", "Cast-Iron Pan, 24 cm", "64.00", 9, kitchen.pan),
    Ware("K-06", "Lime Blossom Honey, 250 g", "9.80", 40, kitchen.honey),
    Ware("K-07", "Mixing Bowl with Two Stripes, 3 l", "29.50", 8, kitchen.mixing_bowl),
    Ware("K-08", "Linen Tea Towel, Undyed", "11.50", 18, None),
    Ware("O-01", "Two-Person Tent “Curlew”", "289.00", 3, outdoors.tent),
    Ware("O-02", "Storm Lantern, Signal Red", "45.00", 10, outdoors.lantern),
    Ware("O-03", "Canvas Rucksack, 22 l", "118.00", 6, outdoors.rucksack),
    Ware("O-04", "Steel Flask with Cup, 0.75 l", "38.00", 16, outdoors.flask),
    Ware("O-05", "Bobble Hat, Lambswool", "27.00", 12, outdoors.hat),
    Ware("O-06", "Brass Field Compass", "52.00", 5, outdoors.compass),
    Ware("O-07", "Birdhouse “Wren”, Larch", "33.00", 8, outdoors.birdhouse),
    Ware("O-08", "Kite “Four Winds”", "31.00", 7, outdoors.kite),
    Ware("O-09", "Tent Pegs, Set of Ten", "8.40", 9, None),
)
