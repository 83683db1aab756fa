from io import BytesIO

import pytest
from PIL import Image


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media" / "products").mkdir(parents=True)
    return tmp_path / "media"


def put(media, name, size=(1000, 500), mode="RGB", format="PNG"):
    Image.new(mode, size, "red" if mode != "P" else 3).save(media / "products" / name, format)


def body(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("name", "mode", "format"),
    [
        ("a.png", "RGB", "PNG"),
        ("b.png", "RGBA", "PNG"),
        ("c.gif", "P", "GIF"),
        ("d.jpg", "CMYK", "JPEG"),
        ("e.webp", "RGB", "WEBP"),
        ("f.png", "I;16", "PNG"),
        ("g.png", "LA", "PNG"),
    ],
)
def test_a_thumbnail_fits_the_width_whatever_the_picture_is(client, media, name, mode, format):
    if mode == "I;16":
        Image.new("I;16", (1000, 500), 9).save(media / "products" / name)
    elif mode == "LA":
        Image.new("LA", (1000, 500), (9, 9)).save(media / "products" / name)
    else:
        put(media, name, mode=mode, format=format)

    answer = client.get(f"/media/thumbnails/320/products/{name}.webp")

    small = Image.open(BytesIO(body(answer)))
    assert (answer["Content-Type"], small.format, small.size) == ("image/webp", "WEBP", (320, 160))
    assert "immutable" in answer["Cache-Control"]


def test_a_thumbnail_is_drawn_once(client, media):
    put(media, "a.png")
    first = body(client.get("/media/thumbnails/640/products/a.png.webp"))
    (media / "products" / "a.png").unlink()

    assert body(client.get("/media/thumbnails/640/products/a.png.webp")) == first
    assert [path.name for path in (media / "thumbnails/640/products").iterdir()] == ["a.png.webp"]


def test_a_small_picture_is_not_enlarged(client, media):
    put(media, "a.png", size=(20, 10))

    assert Image.open(BytesIO(body(client.get("/media/thumbnails/640/products/a.png.webp")))).size == (20, 10)


def test_of_a_damaged_picture_the_picture_itself_is_served(client, media):
    (media / "products" / "a.png").write_bytes(b"no picture")

    assert body(client.get("/media/thumbnails/320/products/a.png.webp")) == b"no picture"


@pytest.mark.parametrize(
    "path",
    [
        "320/products/missing.png",
        "321/products/a.png",
        "320/../secrets/secret_key",
        "320/products/../../secrets/secret_key",
        "320/products/a.png\x00",
        f"320/products/{'a' * 300}.png",
        "320/thumbnails/320/products/a.png.webp",
    ],
)
def test_there_is_no_thumbnail_of_anything_else(client, media, path):
    put(media, "a.png")
    (media.parent / "secrets").mkdir()
    (media.parent / "secrets" / "secret_key").write_text("secret")

    assert client.get(f"/media/thumbnails/{path}.webp").status_code in {400, 404}


def test_a_picture_whose_exif_is_illegible_is_drawn_as_it_comes(client, media):
    Image.new("RGB", (1000, 500), "red").save(
        media / "products" / "a.png", exif=b"Exif\x00\x00no TIFF at all"
    )

    answer = client.get("/media/thumbnails/320/products/a.png.webp")

    assert Image.open(BytesIO(body(answer))).size == (320, 160)
