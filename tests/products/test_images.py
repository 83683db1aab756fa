import struct
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from PIL import Image, PngImagePlugin

from products import images
from products.images import NotAPicture, store_uploaded, store_verified
from tests.products.pictures import picture_bytes, upload


@pytest.mark.parametrize(
    ("format", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")]
)
def test_an_uploaded_picture_is_drawn_anew_under_a_name_of_ours(format, extension):
    name = store_uploaded(upload(picture_bytes(format), name="../../evil.php"))

    assert name.startswith("products/")
    assert name.endswith(f".{extension}")
    assert len(name) == len("products/.") + 32 + len(extension)
    with default_storage.open(name) as file, Image.open(file) as stored:
        assert (stored.format, stored.size) == (format, (6, 4))


def test_passengers_of_an_uploaded_picture_are_left_behind(media):
    comment = PngImagePlugin.PngInfo()
    comment.add_text("Comment", "<script>alert(1)</script>")

    name = store_uploaded(upload(picture_bytes(pnginfo=comment) + b"<?php evil();"))

    stored = (media / name).read_bytes()
    assert b"script" not in stored
    assert b"php" not in stored


def test_a_transparent_picture_stays_transparent():
    drawn = BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(drawn, format="PNG")

    name = store_uploaded(upload(drawn.getvalue()))

    with default_storage.open(name) as file, Image.open(file) as stored:
        assert stored.convert("RGBA").getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a PNG"),
        (b"GIF89a" + b"\0" * 3, "damaged|not a PNG"),
        (picture_bytes("BMP"), "not a PNG"),
        (picture_bytes("PNG", size=(90, 90))[:-40], "damaged"),
        (picture_bytes("JPEG", size=(90, 90))[:-200], "damaged"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(content, reason, tmp_path):
    path = tmp_path / "given.png"
    path.write_bytes(content)

    with pytest.raises(NotAPicture, match=reason):
        store_uploaded(upload(content))
    with pytest.raises(NotAPicture, match=reason):
        store_verified(path)


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 23)

    with pytest.raises(NotAPicture, match="more than 23 pixels"):
        store_uploaded(upload())


def test_a_picture_with_too_many_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_BYTES", 10)

    with pytest.raises(NotAPicture, match="larger than 10 bytes"):
        store_uploaded(upload())


def with_scans(count):
    """A progressive JPEG whose last scan is there so many times more."""
    jpeg = picture_bytes("JPEG", size=(64, 64), progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * count + b"\xff\xd9"


def test_a_jpeg_that_goes_over_its_pixels_too_often_is_refused_before_it_is_decoded():
    with pytest.raises(NotAPicture, match="more than 30 scans"):
        store_uploaded(upload(with_scans(images.MOST_SCANS)))


def test_scans_are_counted_up_to_the_end_of_the_picture_and_not_in_what_it_carries():
    store_uploaded(upload(with_scans(10)))
    store_uploaded(
        upload(picture_bytes("JPEG", progressive=True) + b"\xff\xda\0\2" * 100)
    )  # a film behind it
    store_uploaded(upload(picture_bytes("JPEG", comment=b"\xff\xda\0\2" * 100)))


def test_a_picture_that_its_format_cannot_hold_is_refused(monkeypatch):
    def fails(*args, **kwargs):
        raise ValueError("encoding error 5: Image size exceeds WebP limit of 16383 pixels")

    given = upload()
    monkeypatch.setattr(images.Image.Image, "save", fails)

    with pytest.raises(NotAPicture, match="cannot be drawn anew: encoding error 5"):
        store_uploaded(given)


def test_a_small_gif_with_a_large_frame_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 23)
    frame = b"," + struct.pack("<HHHH", 0, 0, 6, 4) + b"\0\x02\x02\x44\x01\0"
    gif = b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + b"\0" * 3 + b"\xff" * 3 + frame + b";"

    with pytest.raises(NotAPicture, match="more than 23 pixels"):
        store_uploaded(upload(gif))


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_kept(format):
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue", "red")]
    drawn = BytesIO()
    frames[0].save(drawn, format=format, save_all=True, append_images=frames[1:], duration=100)

    name = store_uploaded(upload(drawn.getvalue()))

    with default_storage.open(name) as file, Image.open(file) as stored:
        assert getattr(stored, "n_frames", 1) == 1
        assert stored.convert("RGB").getpixel((0, 0))[0] > 200


def test_an_operators_picture_keeps_its_bytes_and_is_stored_once(tmp_path, media):
    path = tmp_path / "lamp.jpeg"
    path.write_bytes(picture_bytes("JPEG", comment=b"mine"))

    first, second = store_verified(path), store_verified(path)

    assert first == second
    assert first.endswith(".jpg")
    assert (media / first).read_bytes() == path.read_bytes()
    assert len(list(media.rglob("*.*"))) == 1


def test_a_picture_that_was_written_only_halfway_is_written_again(tmp_path, media):
    path = tmp_path / "lamp.png"
    path.write_bytes(picture_bytes())
    name = store_verified(path)
    (media / name).write_bytes(b"half")

    again = store_verified(path)

    assert again == name
    assert (media / name).read_bytes() == path.read_bytes()
