"""What a problem says, for tests."""

from typing import Any


def invalid_fields(response: Any) -> set[str]:
    """Names of the fields, parameters and headers that a problem of type `invalid` complains of."""
    problem = response.json()
    assert problem["type"] == "/problems/invalid", problem
    return {
        error.get("parameter") or error.get("header") or error["pointer"].removeprefix("#/")
        for error in problem["errors"]
    }
