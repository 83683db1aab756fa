import pytest
from django.test import Client

from products.images import store_uploaded
from tests.products.pictures import picture_bytes, upload

OTHERS = [
    "products/page.html",
    "products/drawing.svg",
    "products/.draft-x",
    "products/A.PNG",
    "secrets/key.png",
]


def body(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("format", "type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("GIF", "image/gif")],
)
def test_a_picture_is_served_as_what_it_is_called_whatever_this_machine_knows(
    client, monkeypatch, format, type
):
    monkeypatch.setattr("mimetypes.guess_type", lambda name: ("text/html", None))
    name = store_uploaded(upload(picture_bytes(format), name="page.html"))

    answer = client.get(f"/media/{name}")

    assert body(answer)
    assert (answer.status_code, answer["Content-Type"]) == (200, type)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer["Cache-Control"]


def test_a_page_that_got_among_the_pictures_is_served_as_a_picture(client, media):
    (media / "products").mkdir(parents=True)
    (media / "products" / "a.png").write_bytes(b"<script>alert(1)</script>")

    answer = client.get("/media/products/a.png")

    assert body(answer)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")


@pytest.mark.parametrize(
    "path",
    [
        "products/page.html",
        "products/drawing.svg",
        "products/.draft-x",
        "products/missing.png",
        "products/a.png/",
        "products/A.PNG",
        "products/../secrets/key.png",
        "products/%2e%2e/secrets/key.png",
        "../secrets/key.png",
        "secrets/key.png",
        "products/a.png%00",
        f"products/{'a' * 300}.png",
        "",
    ],
)
def test_nothing_else_is_served(media, path):
    for name in (
        "products/page.html",
        "products/drawing.svg",
        "products/.draft-x",
        "products/A.PNG",
        "secrets/key.png",
    ):
        (media / name).parent.mkdir(parents=True, exist_ok=True)
        (media / name).write_bytes(b"<script>alert(1)</script>")

    assert Client().get(f"/media/{path}").status_code in {400, 404}


def test_thumbnails_of_thumbnails_are_not_drawn_by_a_detour(client, media):
    name = store_uploaded(upload())
    body(client.get(f"/media/thumbnails/320/{name}.webp"))

    answer = client.get(f"/media/thumbnails/320/products/../thumbnails/320/{name}.webp.webp")

    assert answer.status_code == 404
    assert len(list((media / "thumbnails").rglob("*.webp"))) == 1


def test_a_picture_is_only_read(client):
    assert client.post("/media/products/a.png").status_code == 405
