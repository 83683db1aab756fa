"""The app that owns the products."""
