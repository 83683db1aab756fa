"""Pictures: what is accepted, and under which name of ours it is stored."""

import hashlib
import re
import struct
from io import BytesIO
from pathlib import Path
from threading import Lock

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000
MOST_SCANS = 30
"""In a progressive JPEG. Common ones have 10; each goes over all pixels, and thousands fit into 100 kB."""

# MPO is what many phones write: a JPEG with further pictures behind it.
EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "MPO": "jpg", "WEBP": "webp", "GIF": "gif"}
SAVED_AS = {"PNG": "PNG", "JPEG": "JPEG", "MPO": "JPEG", "WEBP": "WEBP", "GIF": "GIF"}


_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_SCAN, _END = 0xDA, 0xD9

_drawing = Lock()
"""Held while a picture is drawn anew, one at a time in a process: a large one takes up to 700 MB."""


class NotAPicture(ValueError):
    """The file is not a PNG, JPEG, WebP or GIF within the limits; the message says why."""


def store_uploaded(file: File) -> str:
    """Store a picture from a stranger, drawn anew so that nothing but its first frame is left of the file.

    Returns its path in the storage. Raises NotAPicture.
    """
    return _store(*reencode(file))


def store_verified(path: Path) -> str:
    """Store a picture from the operator's disk, its bytes as they are.

    Returns its path in the storage. Raises NotAPicture, or OSError if the file cannot be read.
    """
    content = _within_limit(path.read_bytes())
    return _store(content, _decode(content).format or "")


def reencode(file: File) -> tuple[bytes, str]:
    """The picture drawn anew, and its format. Raises NotAPicture."""
    if file.size > MAX_BYTES:
        raise NotAPicture(f"the picture is larger than {MAX_BYTES:,} bytes")
    file.seek(0)
    content = _within_limit(file.read(MAX_BYTES + 1))
    with _drawing:
        return _drawn_anew(content)


def _drawn_anew(content: bytes) -> tuple[bytes, str]:
    decoded = _decode(content)
    format = SAVED_AS[decoded.format or ""]
    upright = turned_upright(decoded)
    if format == "JPEG" and upright.mode not in {"L", "RGB"}:
        upright = upright.convert("RGB")
    # Comments, profiles and other passengers stand in here and would be written again.
    upright.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    drawn = BytesIO()
    try:
        upright.save(drawn, format=format)
    except (OSError, ValueError) as error:
        raise NotAPicture(f"the picture cannot be drawn anew: {error}") from None
    return drawn.getvalue(), format


def turned_upright(picture: Image.Image) -> Image.Image:
    """As its EXIF says, if that can be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error):
        return picture  # which way is up is written illegibly: as it comes


def _within_limit(content: bytes) -> bytes:
    if not content:
        raise NotAPicture("the file is empty")
    if len(content) > MAX_BYTES:
        raise NotAPicture(f"the picture is larger than {MAX_BYTES:,} bytes")
    return content


def _decode(content: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(content), formats=["PNG", "JPEG", "WEBP", "GIF"])
        if image.width * image.height > MAX_PIXELS:
            raise NotAPicture(f"the picture has more than {MAX_PIXELS:,} pixels")
        if image.format in {"JPEG", "MPO"} and _scans(content) > MOST_SCANS:
            raise NotAPicture(f"the picture has more than {MOST_SCANS} scans")
        image.load()
    except NotAPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAPicture(f"the picture has more than {MAX_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        raise NotAPicture("not a PNG, JPEG, WebP or GIF picture") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        raise NotAPicture(f"the picture is damaged: {error}") from None
    return image


def _scans(jpeg: bytes) -> int:
    """How often a JPEG goes over its pixels: the markers of ITU-T T.81, annex B, up to its end."""
    scans, at = 0, 2
    while marker := _MARKER.search(jpeg, at):
        kind, at = marker[0][1], marker.end()
        if kind == _END:
            break
        scans += kind == _SCAN
        at += int.from_bytes(jpeg[at : at + 2], "big")  # what follows a scan's header holds no marker
    return scans


def _store(content: bytes, format: str) -> str:
    name = f"products/{hashlib.sha256(content).hexdigest()[:32]}.{EXTENSIONS[format]}"
    if default_storage.exists(name):
        if default_storage.size(name) == len(content):
            return name
        default_storage.delete(name)  # a process was killed while it wrote
    return default_storage.save(name, ContentFile(content))
