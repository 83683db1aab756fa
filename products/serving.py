"""Pictures over HTTP, where no other server has them: never as anything else than what our name for them says."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

TYPES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
FOR_EVER = "public, max-age=31536000, immutable"
"""A picture's name is the hash of its content, so what an address shows never changes."""

_NAME = re.compile(r"products/[0-9A-Za-z_-]+\.(png|jpg|webp|gif)")


def is_picture(path: str) -> bool:
    """Whether a picture of ours may have this path in the media storage."""
    return _NAME.fullmatch(path) is not None


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    if not is_picture(path):
        raise Http404(f"no picture is called {path}")
    return served(request, path)


def served(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file of that path. Raises Http404."""
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError) as error:  # a name that no file system takes
        raise Http404 from error
    # Not left to the machine's own list of types, and nothing for a browser to make out by itself.
    response["Content-Type"] = TYPES[path.rpartition(".")[2]]
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = FOR_EVER
    return response
