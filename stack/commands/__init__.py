"""What `python -m stack` does."""
