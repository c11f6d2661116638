"""Reads for pages and for the rooms above; their names are in docs/architecture.md."""
