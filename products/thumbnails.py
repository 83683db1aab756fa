"""Small copies of pictures, each drawn when it is first asked for and kept beside the originals.

The address follows from the picture's own, so whoever knows a picture's path (the order history too) knows
its thumbnails': `thumbnails/320/products/0a39….png.webp`.
"""

import os
import tempfile
from io import BytesIO
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils._os import safe_join
from django.views.decorators.http import require_safe
from PIL import Image

from products.images import turned_upright
from products.serving import is_picture, served

WIDTHS = (320, 640)
"""Pixels. A picture fits a square of this size, and none is enlarged."""

QUALITY = 80

_drawing = Lock()
"""Held while a picture is drawn, one at a time in a process: a large one takes much memory."""


@require_safe
def thumbnail(request: HttpRequest, width: int, path: str) -> HttpResponseBase:
    """The thumbnail, or the picture itself where none can be drawn. 404 if there is no such picture."""
    if width not in WIDTHS or not is_picture(path):
        raise Http404(f"thumbnails are of pictures, {' or '.join(map(str, WIDTHS))} pixels wide")
    root = str(settings.MEDIA_ROOT)
    kept = f"thumbnails/{width}/{path}.webp"
    target = Path(safe_join(root, kept))
    try:
        if not target.exists():
            draw(Path(safe_join(root, path)), target, width=width)
    except (OSError, ValueError):  # no such picture, one that is damaged, or no place to write
        return served(request, path)
    return served(request, kept)


def draw(picture: Path, target: Path, *, width: int) -> None:
    """Readers see the whole file or none. Raises OSError or ValueError."""
    with _drawing, Image.open(picture) as image:
        image.draft("RGB", (width, width))
        small = turned_upright(image)
        if small.mode not in {"RGB", "RGBA"}:
            small = small.convert("RGBA" if "transparency" in image.info or "A" in image.mode else "RGB")
        small.thumbnail((width, width), Image.Resampling.LANCZOS)
        drawn = BytesIO()
        small.save(drawn, "WEBP", quality=QUALITY, method=4)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".draft-", delete=False) as draft:
        draft.write(drawn.getvalue())
    Path(draft.name).chmod(0o644)
    os.replace(draft.name, target)
