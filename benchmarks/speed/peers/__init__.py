"""What others use to carry changes, each a Django project of its own in an environment of its own."""
