"""The canary: an event about nothing that goes the whole way every few seconds, so that idle and frozen differ.

It has a topic of its own with a single partition. Every subscription hears it, and no handler needs to.
"""

from datetime import timedelta

TOPIC = "canary"
PARTITION = 0
TYPE = "canary.canary_sang.v1"

KEPT = timedelta(hours=1)
"""In the log and in the journal."""
