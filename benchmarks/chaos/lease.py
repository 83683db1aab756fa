"""How long a message may stay in a worker's hands before it is given to another one."""

LEASE = 6
"""Seconds; short, so that a stopped worker outlasts it."""
