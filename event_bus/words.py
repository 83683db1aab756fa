"""Numbers as people read them. None is "?": not known."""

from datetime import datetime


def counted(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else f'{one}s'}"


def duration(seconds: float | None) -> str:
    if seconds is None:
        return "?"
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 120:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def rate(per_second: float | None) -> str:
    if per_second is None:
        return "?"
    if per_second == 0:
        return "0 /s"
    return f"{per_second:,.0f} /s" if per_second >= 9.95 else f"{max(per_second, 0.1):.1f} /s"


def ago(time: datetime | None, *, at: datetime) -> str:
    if time is None:
        return "never"
    seconds = (at - time).total_seconds()
    return f"{duration(seconds)} ago" if seconds >= 1 else "just now"
