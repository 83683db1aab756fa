"""Which Content-Security-Policy an answer has."""

from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentSecurityPolicy(CSPMiddleware):
    """settings.CONTENT_SECURITY_POLICY; under the addresses of CONTENT_SECURITY_POLICY_UNDER with these changes."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        changes: dict[str, dict[str, Any]] = settings.CONTENT_SECURITY_POLICY_UNDER
        for address, directives in changes.items():
            if request.path_info.startswith(address) and not report_only:
                parts.replace = {**directives, **(parts.replace or {})}
        return parts
