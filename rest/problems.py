"""The problems of RFC 9457 that the API answers with: each has a `type` that programs can rely on."""

from http import HTTPStatus
from typing import Any

from rest_framework import exceptions

MEDIA_TYPE = "application/problem+json"

# docs/api.md has a section for each.
TITLES = {
    "malformed": "The request cannot be read",
    "invalid": "Something in the request is not valid",
    "not-authenticated": "Sign in first",
    "authentication-failed": "These credentials are not valid",
    "token-not-valid": "The token is not valid or has expired",
    "permission-denied": "This is not yours to do",
    "not-found": "There is nothing here",
    "method-not-allowed": "This cannot be done here",
    "not-acceptable": "There is no answer in the formats that you accept",
    "conflict": "This cannot be done to what is there now",
    "precondition-failed": "It has changed since you read it",
    "too-large": "The request is too large",
    "unsupported-media-type": "The body has a format that is not understood here",
    "unprocessable": "The request contradicts an earlier one",
    "throttled": "Too many requests",
    "internal-error": "Something is wrong on our side",
    "unavailable": "We cannot answer right now",
}
TYPE_OF_STATUS = {
    400: "malformed",
    401: "not-authenticated",
    403: "permission-denied",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    409: "conflict",
    412: "precondition-failed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "unprocessable",
    429: "throttled",
    500: "internal-error",
    503: "unavailable",
}


class Problem(exceptions.APIException):
    """An error with a type of its own. Subclasses say which, under which title and status.

    `members` are further members of the answer, such as the version that is there now.
    """

    type: str
    title = ""  # or that of TITLES

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.members = members


class Conflict(Problem):
    status_code = HTTPStatus.CONFLICT
    type = "conflict"


class PreconditionFailed(Problem):
    status_code = HTTPStatus.PRECONDITION_FAILED
    type = "precondition-failed"


class TooLarge(Problem):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    type = "too-large"


class Unprocessable(Problem):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    type = "unprocessable"


class Unavailable(Problem):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    type = "unavailable"


class InvalidParameter(exceptions.ValidationError):
    """Query parameters that are not valid, each with what is wrong with it."""


class InvalidHeader(exceptions.ValidationError):
    """Headers that are not valid, each with what is wrong with it."""


def problem(
    status: int, type: str | None = None, title: str | None = None, detail: str = ""
) -> dict[str, Any]:
    type = type or TYPE_OF_STATUS.get(status, "internal-error" if status >= 500 else "malformed")
    body = {"type": f"/problems/{type}", "title": title or TITLES[type], "status": int(status)}
    return {**body, "detail": detail} if detail else body
