"""Pictures of the things for the kitchen."""

from demo.pictures.canvas import Canvas, mixed


def mug() -> Canvas:
    c = Canvas("butter", "honey")
    for x in (192, 240, 288):
        c.stroke([(x, 118), (x + 12, 98), (x - 2, 76), (x + 10, 54)], "paper", width=7)
    c.shadow(250, 402, 110)
    c.arc(332, 262, 54, 60, -100, 100, "#5E9FB4", width=22, split=332)
    c.box(134, 162, 336, 400, "#6FB0C3", r=24, split=262)
    c.box(134, 162, 336, 212, "#6FB0C3", split=262)
    c.oval(235, 164, 101, 22, "night")
    c.oval(235, 168, 90, 16, "walnut")
    c.arc(235, 164, 101, 22, 0, 360, "paper", width=7)
    for x, y in (
        (168, 244),
        (196, 334),
        (218, 278),
        (172, 372),
        (284, 262),
        (302, 340),
        (256, 372),
        (250, 218),
    ):
        c.disc(x, y, 4, "paper")
    return c


def moka_pot() -> Canvas:
    c = Canvas("blush", "terracotta")
    c.disc(240, 206, 152, mixed("blush", "paper", 0.5))
    c.shadow(246, 404, 98)
    c.stroke([(310, 154), (372, 164), (364, 262)], "ink", width=20)
    c.shape([(178, 150), (132, 140), (184, 206)], "steel")
    c.shape([(170, 146), (312, 146), (288, 262), (194, 262)], "mist", split=252)
    c.shape([(200, 146), (222, 146), (226, 262), (212, 262)], "paper")
    c.box(184, 258, 298, 284, "steel", r=5, split=252)
    c.shape([(194, 284), (288, 284), (326, 404), (156, 404)], "mist", split=252)
    c.shape([(208, 284), (222, 284), (204, 404), (182, 404)], "paper")
    c.shape([(170, 146), (206, 108), (276, 108), (312, 146)], "steel", split=252)
    c.box(226, 76, 256, 110, "ink", r=9)
    c.disc(296, 340, 8, "ink")
    return c


def teapot() -> Canvas:
    c = Canvas("sage", "moss")
    c.disc(140, 136, 64, mixed("sage", "butter", 0.6))
    c.shadow(246, 402, 120)
    c.arc(352, 266, 58, 62, -110, 110, mixed("night", "ink", 0.3), width=20)
    c.shape([(162, 332), (66, 196), (104, 182), (196, 258)], "night")
    c.oval(242, 290, 128, 112, "night", split=268)
    c.oval(242, 186, 72, 16, "ink")
    c.pie(242, 188, 66, 44, 180, 360, mixed("night", "mist", 0.16), split=262)
    c.disc(242, 138, 15, "honey")
    c.stroke([(152, 338), (196, 304), (240, 306), (288, 280), (318, 288)], "sage", width=5)
    for x, y in ((178, 300), (212, 326), (262, 316), (292, 262)):
        c.oval(x, y, 13, 8, "leaf")
    for x, y in ((196, 280), (236, 286), (248, 330), (310, 304), (160, 348)):
        c.disc(x, y, 9, "coral")
    return c


def pepper_mill() -> Canvas:
    c = Canvas("mist", "#9FB9BD")
    c.disc(240, 200, 146, mixed("mist", "paper", 0.55))
    c.shadow(246, 404, 70)
    c.disc(240, 78, 14, "steel")
    c.disc(240, 128, 46, "beech", split=252)
    c.box(214, 164, 266, 184, mixed("beech", "ink", 0.25), r=4)
    c.shape([(196, 184), (284, 184), (272, 262), (292, 404), (188, 404), (208, 262)], "beech", split=252)
    c.box(206, 250, 274, 272, "beech", r=8, split=252)
    c.box(184, 378, 296, 406, "walnut", r=6, split=252)
    c.box(200, 198, 280, 206, "walnut")
    for x, y in ((120, 396), (146, 414), (352, 410), (376, 396), (328, 420), (104, 420)):
        c.disc(x, y, 8, "ink")
    return c


def pan() -> Canvas:
    c = Canvas("#E9C9A4", "#CF9F74", horizon=480)
    c.stroke([(300, 180), (428, 52)], mixed("#E9C9A4", "ink", 0.22), width=44)
    c.disc(214, 284, 156, mixed("#E9C9A4", "ink", 0.22))
    c.stroke([(292, 172), (420, 44)], "ink", width=42)
    c.disc(408, 56, 9, "#E9C9A4")
    c.disc(204, 272, 156, "ink")
    c.disc(204, 272, 134, "#2D475B")
    c.shape([(60, 246), (40, 262), (44, 300), (66, 306)], "ink")
    c.oval(190, 286, 84, 72, "paper")
    c.disc(240, 250, 42, "paper")
    c.disc(140, 250, 34, "paper")
    c.disc(190, 278, 36, "mustard")
    c.disc(183, 270, 25, "honey")
    for x, y in ((262, 330), (272, 310), (132, 336), (258, 206), (150, 318), (226, 320)):
        c.disc(x, y, 3.5, "brick")
    c.stroke([(282, 258), (300, 246)], "leaf", width=7)
    c.stroke([(286, 268), (306, 268)], "leaf", width=7)
    return c


def honey() -> Canvas:
    c = Canvas("cream", "sand")
    c.disc(240, 208, 150, mixed("cream", "honey", 0.45))
    c.shadow(246, 402, 98)
    c.box(146, 148, 334, 402, "mustard", r=38, split=266)
    c.box(164, 176, 178, 356, "honey", r=7)
    c.box(158, 98, 322, 148, "paper", r=10, split=266)
    c.box(150, 136, 330, 152, "terracotta", r=6)
    c.box(190, 216, 290, 334, "paper", r=10)
    c.oval(240, 284, 27, 21, "honey")
    c.box(228, 264, 235, 304, "ink")
    c.box(244, 264, 251, 304, "ink")
    c.oval(224, 254, 18, 10, "mist")
    c.oval(256, 254, 18, 10, "mist")
    c.disc(269, 284, 9, "ink")
    c.box(210, 316, 270, 321, "steel")
    return c


def mixing_bowl() -> Canvas:
    c = Canvas("teal", mixed("teal", "ink", 0.35))
    c.disc(240, 196, 140, mixed("teal", "paper", 0.16))
    c.shadow(246, 404, 96)
    c.stroke([(322, 84), (252, 232)], "beech", width=18)
    c.oval(240, 222, 148, 26, mixed("cream", "ink", 0.22))
    c.oval(240, 228, 128, 18, "butter")
    c.stroke([(318, 92), (256, 224)], "beech", width=18)
    c.pie(240, 222, 148, 180, 0, 180, "cream", split=268)
    c.pie(240, 222, 148, 26, 0, 180, "butter")
    c.arc(240, 222, 146, 26, 0, 360, "paper", width=8)
    c.shape([(108, 288), (372, 288), (366, 304), (114, 304)], "terracotta", split=268)
    c.shape([(122, 316), (358, 316), (354, 324), (126, 324)], "terracotta", split=268)
    c.box(190, 388, 290, 408, "cream", r=6, split=268)
    return c
