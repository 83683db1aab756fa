"""Times as they are sorted, and as the log writes them."""

DATETIME_FORMAT = "Y-m-d H:i"
