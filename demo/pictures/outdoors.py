"""Pictures of the things for outdoors."""

from demo.pictures.canvas import Canvas, mixed, turned


def tent() -> Canvas:
    c = Canvas("#F3C9A5", "moss", horizon=340)
    c.disc(352, 150, 48, "paper")
    c.shape(
        [(0, 340), (0, 262), (110, 178), (206, 268), (292, 206), (430, 300), (480, 272), (480, 340)],
        "#C99A8B",
    )
    for x, h in ((46, 110), (88, 84), (432, 120)):
        c.shape([(x - 26, 352), (x, 352 - h), (x + 26, 352)], mixed("moss", "ink", 0.4))
    c.shape([(74, 402), (420, 402), (440, 414), (70, 414)], mixed("moss", "ink", 0.3))
    c.shape([(192, 180), (296, 176), (418, 402), (300, 402)], "brick")
    c.shape([(70, 402), (192, 180), (306, 402)], "terracotta")
    c.shape([(140, 402), (192, 214), (246, 402)], "ink")
    c.shape([(192, 214), (246, 402), (206, 402)], "butter")
    c.stroke([(192, 180), (192, 160)], "ink", width=5)
    c.stroke([(192, 182), (34, 412)], "paper", width=2.5)
    c.stroke([(296, 178), (452, 412)], "paper", width=2.5)
    return c


def lantern() -> Canvas:
    c = Canvas("ink", "#172733")
    for r, share in ((176, 0.1), (136, 0.22), (98, 0.38)):
        c.disc(240, 248, r, mixed("ink", "mustard", share))
    c.arc(240, 150, 92, 96, 180, 360, "steel", width=7)
    c.stroke([(148, 150), (148, 196)], "steel", width=7)
    c.stroke([(332, 150), (332, 196)], "steel", width=7)
    c.shape([(206, 120), (274, 120), (296, 166), (184, 166)], "terracotta", split=254)
    c.box(222, 96, 258, 122, "terracotta", r=5, split=254)
    c.box(184, 172, 296, 330, "butter", r=40)
    c.shape([(240, 206), (268, 272), (240, 306), (212, 272)], "mustard")
    c.shape([(240, 240), (256, 276), (240, 300), (224, 276)], "paper")
    for x in (178, 302):
        c.stroke([(x, 164), (x, 334)], "brick", width=7)
    c.stroke([(178, 248), (302, 248)], "brick", width=5)
    c.shape([(172, 326), (308, 326), (328, 406), (152, 406)], "terracotta", split=254)
    c.box(144, 394, 336, 410, "brick", r=6)
    c.disc(240, 364, 13, "honey")
    return c


def rucksack() -> Canvas:
    c = Canvas("#BFD4D6", "#8DB0B1")
    c.disc(346, 132, 56, mixed("#BFD4D6", "paper", 0.6))
    c.shadow(246, 406, 122)
    c.arc(240, 96, 34, 34, 180, 360, "walnut", width=12)
    c.box(110, 268, 180, 392, mixed("mustard", "ink", 0.2), r=22)
    c.box(300, 268, 370, 392, mixed("mustard", "ink", 0.36), r=22)
    c.box(136, 96, 344, 406, "mustard", r=58, split=264)
    c.box(158, 286, 322, 386, "honey", r=18, split=264)
    c.box(158, 306, 322, 314, mixed("mustard", "ink", 0.2))
    c.box(128, 92, 352, 214, "terracotta", r=52, split=264)
    for x in (188, 276):
        c.box(x, 150, x + 18, 262, "walnut", r=4)
        c.box(x - 5, 226, x + 23, 248, "honey", r=4)
        c.box(x + 3, 232, x + 15, 242, "walnut")
    return c


def flask() -> Canvas:
    c = Canvas("sage", "leaf")
    c.shape(
        [(0, 372), (0, 250), (120, 170), (250, 280), (360, 200), (480, 300), (480, 372)],
        mixed("sage", "moss", 0.35),
    )
    c.shadow(222, 404, 70)
    c.box(156, 162, 276, 404, "night", r=20, split=232)
    c.shape([(156, 196), (182, 140), (250, 140), (276, 196)], "night", split=232)
    c.box(172, 66, 260, 146, "steel", r=12, split=232)
    c.box(172, 120, 260, 130, "ink")
    c.box(172, 210, 184, 372, mixed("night", "mist", 0.35), r=6)
    c.box(156, 306, 276, 334, "mustard", split=232)
    c.shadow(346, 410, 48, ry=8)
    c.box(300, 326, 384, 410, "mist", r=14, split=354)
    c.oval(342, 328, 42, 10, "walnut")
    c.arc(342, 328, 42, 10, 0, 360, "paper", width=4)
    c.stroke([(332, 298), (340, 284), (330, 270), (338, 254)], "paper", width=5)
    return c


def hat() -> Canvas:
    c = Canvas("#C9D6E0", "paper")
    for x, y in (
        (70, 80),
        (130, 150),
        (392, 70),
        (424, 180),
        (62, 250),
        (346, 128),
        (110, 42),
        (414, 292),
        (316, 52),
    ):
        c.disc(x, y, 6, "paper")
    c.shadow(246, 396, 138)
    c.pie(240, 320, 132, 206, 180, 360, "teal", split=264)
    for y in (196, 244):
        reach = 132 * (1 - ((320 - y) / 206) ** 2) ** 0.5 - 4
        count = int(reach // 18)
        for i in range(-count, count + 1):
            x = 240 + i * 18
            c.shape(
                [(x - 9, y + 16), (x, y), (x + 9, y + 16), (x, y + 32)],
                "cream" if y == 244 else "honey",
                split=264,
            )
    c.box(92, 312, 388, 396, "brick", r=26, split=264)
    for x in range(120, 380, 24):
        c.box(x - 2, 324, x + 2, 384, mixed("brick", "ink", 0.35), r=2)
    for angle in range(0, 360, 30):
        c.disc(*turned([(240, 62)], angle, (240, 98))[0], 15, "paper")
    c.disc(240, 98, 38, "cream", split=250)
    return c


def compass() -> Canvas:
    c = Canvas("sand", "beech", horizon=480)
    for start in (96, 176, 256, 336, 416):
        points = [(float(x), start + 34 * ((x / 480 - 0.5) ** 2) * 4 - x * 0.12) for x in range(-20, 501, 20)]
        c.stroke(points, mixed("sand", "walnut", 0.22), width=3)
    c.disc(252, 270, 146, mixed("sand", "ink", 0.22))
    c.arc(240, 78, 28, 28, 0, 360, "mustard", width=11, split=252)
    c.disc(240, 254, 148, "mustard", split=262)
    c.disc(240, 254, 120, "paper")
    c.arc(240, 254, 106, 106, 0, 360, "mist", width=3)
    for step in range(24):
        reach = 18 if step % 6 == 0 else 8
        c.stroke(turned([(240, 148), (240, 148 + reach)], step * 15, (240, 254)), "night", width=4)
    c.shape(turned([(240, 160), (262, 254), (218, 254)], 28, (240, 254)), "terracotta")
    c.shape(turned([(240, 160), (262, 254), (240, 254)], 28, (240, 254)), "brick")
    c.shape(turned([(240, 348), (262, 254), (218, 254)], 28, (240, 254)), "steel")
    c.shape(turned([(240, 348), (218, 254), (240, 254)], 28, (240, 254)), "mist")
    c.disc(240, 254, 11, "ink")
    return c


def birdhouse() -> Canvas:
    c = Canvas("#BBD8DC", "sage", horizon=410)
    c.disc(104, 108, 44, "butter")
    c.oval(366, 108, 60, 18, "paper")
    c.oval(332, 96, 34, 16, "paper")
    c.box(226, 330, 254, 480, "walnut", split=242)
    c.shape([(150, 206), (240, 112), (330, 206), (330, 360), (150, 360)], "cream", split=262)
    for x in (180, 210, 240, 270, 300):
        c.box(x - 1.5, 210, x + 1.5, 360, mixed("cream", "ink", 0.16))
    c.shape([(118, 214), (240, 84), (240, 122), (140, 228)], "terracotta")
    c.shape([(362, 214), (240, 84), (240, 122), (340, 228)], "brick")
    c.disc(240, 236, 34, "ink")
    c.stroke([(240, 300), (240, 314)], "beech", width=12)
    c.box(136, 352, 344, 372, "terracotta", r=5, split=262)
    c.oval(318, 326, 28, 24, "#4C7F96")
    c.disc(334, 300, 17, "#4C7F96")
    c.shape([(349, 296), (368, 302), (349, 307)], "mustard")
    c.shape([(296, 322), (262, 304), (270, 330), (298, 338)], "#34566B")
    c.pie(324, 332, 20, 18, 0, 180, "coral")
    c.disc(338, 297, 3.5, "paper")
    return c


def kite() -> Canvas:
    c = Canvas("#A9CFDA", "leaf", horizon=416)
    c.oval(104, 330, 74, 22, "paper")
    c.oval(150, 316, 46, 22, "paper")
    c.oval(384, 112, 62, 20, "paper")
    c.oval(346, 100, 32, 18, "paper")
    tail = [(272.0 - 14 * i + (16 if i % 2 else -10), 320.0 + 9 * i) for i in range(9)]
    c.stroke(tail, "night", width=3)
    for (x, y), colour in zip(tail[1::2], ("terracotta", "mustard", "teal", "coral"), strict=True):
        c.shape([(x - 20, y - 10), (x, y), (x - 20, y + 12)], colour)
        c.shape([(x + 20, y - 12), (x, y), (x + 20, y + 10)], mixed(colour, "ink", 0.15))
    nose, tip, left, right, mid = (
        (204.0, 54.0),
        (276.0, 326.0),
        (114.0, 208.0),
        (334.0, 148.0),
        (224.0, 178.0),
    )
    c.shape([nose, mid, left], "terracotta")
    c.shape([nose, mid, right], "cream")
    c.shape([left, mid, tip], "butter")
    c.shape([right, mid, tip], "teal")
    c.stroke([nose, tip], "night", width=4)
    c.stroke([left, right], "night", width=4)
    c.shape([(0, 480), (0, 430), (150, 408), (300, 436), (480, 404), (480, 480)], "moss")
    return c
