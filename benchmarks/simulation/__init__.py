"""Backlog and lag of the pipeline, worked out instead of measured, and held against what was measured."""
