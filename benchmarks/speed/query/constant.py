"""The limit: a view that looks nothing up, and answers with what was a page of somebody's history."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication


class ConstantView(APIView):
    authentication_classes = [JWTStatelessUserAuthentication]

    def get(self, request: Request, user_id: UUID) -> Response:
        return Response(_constant())


@cache
def _constant() -> dict[str, Any]:
    page: dict[str, Any] = json.loads(Path(os.environ["CONSTANT_PAGE"]).read_text())
    return page
