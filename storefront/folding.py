"""What titles are searched by, in the catalogue and in the history."""

from unicodedata import normalize


def folded(title: str) -> str:
    """Without regard to case, alike on every database.

    SQLite would know upper and lower case of ASCII alone, PostgreSQL whatever its locale does.
    """
    return normalize("NFC", normalize("NFC", title).casefold())
