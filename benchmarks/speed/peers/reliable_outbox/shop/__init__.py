"""The app that owns the products, and the copy, which a handler keeps in the same database."""
