"""Pictures of the things for the desk."""

from demo.pictures.canvas import Canvas, mixed, turned


def lamp() -> Canvas:
    c = Canvas("#2B4658", "#22384A")
    c.shape([(150, 186), (52, 388), (330, 388), (232, 168)], mixed("#2B4658", "butter", 0.28))
    c.oval(191, 388, 139, 17, mixed("ink", "butter", 0.34))
    c.shadow(330, 402, 66)
    c.oval(324, 396, 62, 14, "mustard", split=334)
    c.stroke([(324, 390), (372, 246), (250, 120)], "mustard", width=11)
    c.disc(372, 246, 12, "honey")
    c.disc(191, 184, 24, "butter")
    c.shape([(136, 190), (178, 104), (236, 86), (252, 106), (246, 170)], "terracotta", split=206)
    c.disc(250, 120, 11, "honey")
    return c


def notebook() -> Canvas:
    c = Canvas("blush", "coral")
    c.shape([(138, 112), (338, 112), (358, 400), (158, 400)], mixed("coral", "ink", 0.2))
    c.box(130, 84, 342, 390, "paper", r=10)
    c.box(122, 78, 334, 386, "moss", r=12)
    c.box(122, 78, 158, 386, mixed("moss", "ink", 0.25), r=12)
    c.box(296, 78, 308, 386, "mustard")
    c.box(184, 130, 272, 186, "cream", r=6)
    c.box(198, 148, 258, 153, "steel")
    c.box(198, 163, 240, 168, "steel")
    c.shape([(206, 386), (222, 386), (222, 428), (214, 418), (206, 428)], "terracotta")
    return c


def pen() -> Canvas:
    c = Canvas("cream", "sand", horizon=300)
    centre = (240.0, 240.0)

    def part(x0: float, x1: float, y0: float, y1: float, colour: str, *, dy: float = 0) -> None:
        c.shape(
            [(x, y + dy) for x, y in turned([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], -38, centre)], colour
        )

    part(86, 398, 222, 258, mixed("sand", "ink", 0.16), dy=52)
    part(120, 250, 216, 264, "teal")
    part(120, 250, 244, 264, mixed("teal", "ink", 0.3))
    part(250, 262, 214, 266, "honey")
    part(262, 404, 212, 268, "night")
    part(262, 404, 246, 268, "ink")
    part(290, 410, 208, 216, "honey")
    part(404, 414, 214, 266, "honey")
    part(106, 120, 220, 260, "honey")
    c.shape(turned([(106, 224), (106, 256), (36, 240)], -38, centre), "mustard")
    c.shape(turned([(106, 240), (106, 256), (36, 240)], -38, centre), mixed("mustard", "ink", 0.25))
    c.stroke([(52, 404), (78, 388), (84, 412), (112, 394), (120, 414), (150, 400)], "night", width=5)
    return c


def pencil_cup() -> Canvas:
    c = Canvas("mist", "steel")
    for x, top, lean, colour in (
        (196, 118, -14, "terracotta"),
        (240, 84, 2, "mustard"),
        (284, 126, 14, "teal"),
    ):
        body = turned([(x - 13, top + 36), (x + 13, top + 36), (x + 13, 300), (x - 13, 300)], lean, (x, 300))
        tip = turned([(x - 13, top + 36), (x, top), (x + 13, top + 36)], lean, (x, 300))
        lead = turned([(x - 4.5, top + 12), (x, top), (x + 4.5, top + 12)], lean, (x, 300))
        c.shape(body, colour)
        c.shape(turned([(x + 3, top + 36), (x + 13, top + 36), (x + 13, 300), (x + 3, 300)], lean, (x, 300)),
                mixed(colour, "ink", 0.2))  # fmt: skip
        c.shape(tip, "butter")
        c.shape(lead, "ink")
    c.shadow(246, 398, 92)
    c.oval(240, 238, 82, 16, mixed("paper", "ink", 0.3))
    c.shape([(158, 238), (322, 238), (310, 398), (170, 398)], "paper", split=262)
    c.oval(240, 398, 70, 10, "paper", split=262)
    c.pie(240, 238, 82, 16, 0, 180, "paper", split=262)
    c.shape([(161, 278), (319, 278), (316, 318), (164, 318)], "coral", split=262)
    return c


def clock() -> Canvas:
    c = Canvas("butter", "mustard")
    c.shadow(246, 402, 120)
    c.shape([(166, 350), (196, 366), (178, 404), (158, 404)], mixed("walnut", "ink", 0.3))
    c.shape([(314, 350), (284, 366), (302, 404), (322, 404)], mixed("walnut", "ink", 0.5))
    c.disc(240, 240, 146, "walnut", split=262)
    c.disc(240, 240, 118, "paper")
    for hour in range(12):
        reach = 16 if hour % 3 == 0 else 8
        c.stroke(turned([(240, 136), (240, 136 + reach)], hour * 30, (240, 240)), "night", width=5)
    c.stroke(turned([(240, 254), (240, 176)], -58, (240, 240)), "ink", width=10)
    c.stroke(turned([(240, 262), (240, 152)], 62, (240, 240)), "ink", width=7)
    c.stroke(turned([(240, 268), (240, 146)], 192, (240, 240)), "terracotta", width=3)
    c.disc(240, 240, 10, "terracotta")
    return c


def snow_globe() -> Canvas:
    c = Canvas("#D9B7A6", "#B98470")
    c.shadow(246, 404, 116)
    c.disc(240, 222, 138, "#7FA7B5")
    c.pie(240, 222, 138, 138, 28, 152, "paper")
    for x, y, w, roof in ((186, 244, 46, "brick"), (284, 252, 52, "teal")):
        c.box(x - w / 2, y, x + w / 2, y + 52, "cream", split=x + 6)
        c.shape([(x - w / 2 - 8, y + 2), (x, y - 38), (x + w / 2 + 8, y + 2)], roof, split=x + 2)
        c.box(x - 6, y + 22, x + 6, y + 40, "honey")
    for x, y in ((236, 186), (330, 226)):
        c.shape([(x - 24, y + 108), (x, y + 36), (x + 24, y + 108)], "moss", split=x)
    for x, y in ((150, 180), (188, 132), (232, 156), (268, 116), (302, 170), (336, 196), (206, 200), (126, 226),
                 (258, 210), (230, 106), (316, 140), (158, 150)):  # fmt: skip
        c.disc(x, y, 4.5, "paper")
    c.arc(240, 222, 116, 116, 196, 242, "mist", width=9)
    c.shape([(148, 326), (332, 326), (352, 402), (128, 402)], "walnut", split=262)
    c.box(120, 388, 360, 408, mixed("walnut", "ink", 0.25), r=6)
    c.box(206, 350, 274, 370, "honey", r=4)
    return c


def cactus() -> Canvas:
    c = Canvas("blush", "#DDA58C")
    c.disc(330, 150, 62, mixed("blush", "honey", 0.65))
    c.shadow(246, 402, 84)
    c.stroke([(178, 192), (178, 226), (190, 244), (232, 244)], "leaf", width=34)
    c.stroke([(306, 158), (306, 204), (292, 222), (250, 222)], mixed("leaf", "ink", 0.2), width=32)
    c.box(204, 92, 276, 320, "leaf", r=36, split=246)
    for x, y in (
        (222, 130),
        (222, 176),
        (222, 222),
        (258, 152),
        (258, 190),
        (240, 112),
        (178, 200),
        (306, 172),
    ):
        c.stroke([(x - 5, y - 4), (x, y), (x + 5, y - 4)], "cream", width=3)
    c.disc(240, 92, 15, "terracotta")
    c.disc(240, 92, 6, "honey")
    c.shape([(164, 306), (316, 306), (300, 402), (180, 402)], "terracotta", split=258)
    c.box(152, 276, 328, 314, mixed("terracotta", "cream", 0.14), r=5, split=258)
    return c
