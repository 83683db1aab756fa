"""The pictures of the built-in catalogue, drawn by the project itself: one function per product."""
