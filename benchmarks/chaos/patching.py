"""Putting another function in the place of one of the product's."""

from typing import Any


def replace(owner: Any, name: str, other: Any) -> Any:
    """Returns what stood there. Raises AttributeError if nothing did: then the product has changed."""
    original = getattr(owner, name)
    setattr(owner, name, other)
    return original
