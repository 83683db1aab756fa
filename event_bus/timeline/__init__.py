"""Where is it? The way of an event from the change to the rows it became, told from what both sides wrote down.

asking.py understands what somebody looks for, log.py reads the announcing side, arrivals.py each subscription's,
waiting.py says what is missing and who is at it, telling.py puts it together; command, API and page only show it.
"""
