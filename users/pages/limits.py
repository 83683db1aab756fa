"""The limits of the API for strangers, kept by the pages too: both count together."""

import math
from collections.abc import Sequence

from django.http import HttpRequest
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from rest.throttling import PerAddress


def seconds_to_wait(request: HttpRequest, limits: Sequence[type[PerAddress]]) -> int:
    """Count this attempt. Returns 0 if it may go on, or else how long it has to wait."""
    asked = Request(request, parsers=[FormParser(), MultiPartParser()])
    asked.user = request.user
    exceeded = [
        throttle for throttle in (limit() for limit in limits) if not throttle.allow_request(asked, APIView())
    ]
    return max((math.ceil(throttle.wait() or 1) for throttle in exceeded), default=0)
