"""What the OpenAPI document says of every operation without being told: its problems."""

from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAdminUser, IsAuthenticated

from rest.problems import MEDIA_TYPE, TYPE_OF_STATUS, Problem, problem

TOKEN = ResolvedComponent(  # type: ignore[no-untyped-call]
    name="token",
    type=ResolvedComponent.SECURITY_SCHEMA,
    object="token",
    schema={"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
)


CONSISTENCY_TOKEN = OpenApiParameter(
    "Consistency-Token",
    location="header",
    response=[200, 201, 204],
    description="For `after` of a read that shall show this.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    location="header",
    description="The `ETag` that you hold: 304 if it is still the present one.",
)
NOT_MODIFIED = OpenApiResponse(description="You hold the present version.")


class InvalidPlaceSerializer(serializers.Serializer):
    pointer = serializers.CharField(required=False, help_text="JSON pointer into the body.")
    parameter = serializers.CharField(required=False, help_text="Query parameter.")
    header = serializers.CharField(required=False)
    detail = serializers.CharField()
    code = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """A problem of RFC 9457. docs/api.md explains every type."""

    type = serializers.CharField(help_text="What programs go by.")
    title = serializers.CharField()
    status = serializers.IntegerField(min_value=400, max_value=599)
    detail = serializers.CharField(required=False)
    errors = InvalidPlaceSerializer(many=True, required=False, help_text="All that is not valid.")  # type: ignore[assignment]


def page_of(row: type[serializers.BaseSerializer]) -> serializers.Serializer:
    """One page of such rows."""
    name = row.__name__.removesuffix("Serializer")
    following = serializers.URLField(
        allow_null=True, help_text="The next page; null if this is the last one."
    )
    page = inline_serializer(f"PageOf{name}", {"next": following, "results": row(many=True)})
    set_override(page, "many", False)  # a page is not a list of pages, though a view lists it
    return page


def problem_response(status: int, *kinds: str | type[Problem]) -> tuple[tuple[int, str], OpenApiResponse]:
    """An entry for `extend_schema(responses=dict([...]))`: problems of these types, or of the status' own."""
    bodies = [_example(status, kind) for kind in kinds or (TYPE_OF_STATUS[status],)]
    examples = [
        OpenApiExample(body["type"], body, response_only=True, media_type=MEDIA_TYPE) for body in bodies
    ]
    titles = "; ".join(body["title"] for body in bodies)
    return (status, MEDIA_TYPE), OpenApiResponse(ProblemSerializer, description=titles, examples=examples)


def _example(status: int, kind: str | type[Problem]) -> dict[str, Any]:
    return problem(status, kind) if isinstance(kind, str) else problem(status, kind.type, kind.title)


class ProblemAutoSchema(AutoSchema):
    """Adds the problems that any view with these permissions, parameters and parsers can answer with."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        describe: Any = self._get_response_for_code
        for status, types in self._problems().items():
            if str(status) not in bodies:
                (_, media_type), response = problem_response(status, *types)
                bodies[str(status)] = describe(response, str(status), [media_type], direction)
        return dict(sorted(bodies.items()))

    def _get_request_body(self, direction: Any = "request") -> Any:
        """Of DELETE too, where the view wants one; PATCH is partial where `request` is a partial serializer."""
        method = self.method
        self.method = "POST" if method in {"DELETE", "PATCH"} else method
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def get_auth(self) -> list[dict[str, list[str]]]:
        """One scheme for all: what differs is only whether the user is looked up, too."""
        if not self.view.get_authenticators():
            return []
        self.registry.register_on_missing(TOKEN)
        return [{TOKEN.name: []}] if self._signed_in_only() else [{TOKEN.name: []}, {}]

    def _problems(self) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {
            400: ("invalid", "malformed"),
            406: (),
            429: (),
            500: (),
            503: (),
        }
        if self.view.get_authenticators():
            found[401] = ("not-authenticated", "token-not-valid")
        if self._staff_only():
            found[403] = ()
        if "{" in self.path:
            found[404] = ()
        if self.method not in SAFE_METHODS:
            found |= {413: (), 415: ()}
        return found

    def _signed_in_only(self) -> bool:
        return self._needs(IsAuthenticated, IsAdminUser) or self._staff_only()

    def _staff_only(self) -> bool:
        """A permission of our own is taken to let everybody read."""
        writes = self.method not in SAFE_METHODS
        return self._needs(IsAdminUser) or (writes and not self._needs(AllowAny, IsAuthenticated))

    def _needs(self, *permissions: type[BasePermission]) -> bool:
        return any(type(one) in permissions for one in self.view.get_permissions())
