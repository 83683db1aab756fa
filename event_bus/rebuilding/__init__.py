"""A projection made anew from the log, beside the one that serves, and put in its place in one transaction.

table_sets.py   which of the two sets of tables this process works on
spares.py       the second set: where it stands, and how it takes the first one's place
filling.py      the log into the spare tables
comparison.py   what differs between the two sets
rebuild.py      all of it in order
attachments.py  what hangs on the tables that serve, and has to follow or to go
kept.py         what has to be forgotten in the tables that served before
"""
