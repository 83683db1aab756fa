"""Small pictures, made here."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture_bytes(
    format: str = "PNG", *, colour: str = "teal", size: tuple[int, int] = (6, 4), **options
) -> bytes:
    drawn = BytesIO()
    Image.new("RGB", size, colour).save(drawn, format=format, **options)
    return drawn.getvalue()


def upload(content: bytes | None = None, name: str = "mine.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture_bytes() if content is None else content, "image/png")
