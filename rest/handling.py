"""Exceptions become problems: what went wrong, and every place where it did."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler as drf_exception_handler

from rest.problems import MEDIA_TYPE, InvalidHeader, InvalidParameter, Problem, TooLarge, Unavailable, problem

logger = logging.getLogger(__name__)

TYPE_OF_CODE = {
    "invalid": "invalid",
    "authentication_failed": "authentication-failed",
    "no_active_account": "authentication-failed",
    "user_inactive": "authentication-failed",
    "token_not_valid": "token-not-valid",
}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None for what nobody foresaw: it is logged, and becomes a problem further out."""
    error = _as_api_exception(error)
    response = drf_exception_handler(error, context)  # type: ignore[arg-type]
    if response is None:
        return None
    if isinstance(error, Unavailable):
        logger.error("Answered 503", exc_info=error.__cause__)
    assert isinstance(error, exceptions.APIException)
    response.data = _problem_of(error)
    response.content_type = MEDIA_TYPE
    return response


def _as_api_exception(error: Exception) -> Exception:
    match error:
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge(str(error))
        case OperationalError() | InterfaceError():
            unavailable = Unavailable("The database does not answer.")
            unavailable.__cause__ = error
            return unavailable
    return error


def _problem_of(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        errors = list(_errors(error))
        return {**problem(error.status_code, "invalid", detail=_summary(errors)), "errors": errors}
    if isinstance(error, Problem):
        return {**problem(error.status_code, error.type, error.title, str(error.detail)), **error.members}
    detail, code = _told(error)
    return problem(error.status_code, TYPE_OF_CODE.get(code), detail=detail)


def _told(error: exceptions.APIException) -> tuple[str, str]:
    if isinstance(error.detail, dict):  # simplejwt's
        return str(error.detail["detail"]), str(error.detail["code"])
    return str(error.detail), str(error.get_codes())


def _summary(errors: Sequence[Mapping[str, str]]) -> str:
    return errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} things are not valid; see `errors`."


def _errors(error: exceptions.ValidationError) -> Iterator[dict[str, str]]:
    """What is wrong, each with its place: a JSON pointer into the body, a query parameter or a header."""
    for path, detail in _leaves(error.detail, ()):
        match error:
            case InvalidParameter():
                place = {"parameter": path[0]}
            case InvalidHeader():
                place = {"header": path[0]}
            case _:
                place = {"pointer": "#" + "".join(f"/{_escaped(part)}" for part in path)}
        yield {**place, "detail": str(detail), "code": str(detail.code)}


def _leaves(detail: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], exceptions.ErrorDetail]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _leaves(inner, path if is_whole else (*path, str(name)))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for number, inner in enumerate(detail):
            yield from _leaves(inner, path if isinstance(inner, str) else (*path, str(number)))
    else:
        yield path, detail


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
