"""Which pictures may be imported: real ones, from inside the set's folder."""

import warnings
from pathlib import Path

from PIL import Image

from products.images import MAX_BYTES, MAX_PIXELS

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def picture_fault(folder: Path, image: str) -> str:
    """Why that file cannot be imported, or "". `image` is relative to the folder."""
    try:
        path = (folder / image).resolve()
        if not path.is_relative_to(folder.resolve()):
            return "picture lies outside the folder"
        if not path.is_file():
            return "picture is missing"
        return _content_fault(path)
    except (OSError, RuntimeError) as error:
        return f"picture cannot be read ({type(error).__name__})"


def _content_fault(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        return f"picture is larger than {MAX_BYTES:,} bytes"
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(file, formats=FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    return f"picture has more than {MAX_PIXELS:,} pixels"
                picture.load()  # verify() would let a truncated one pass
        except Image.DecompressionBombError:
            return f"picture has more than {MAX_PIXELS:,} pixels"
        # Pillow's decoders fail in many ways on bytes that are no picture.
        except Exception:
            return "picture is damaged or not a PNG, JPEG, WebP or GIF"
    return ""
