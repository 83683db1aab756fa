"""The app that has a copy."""
