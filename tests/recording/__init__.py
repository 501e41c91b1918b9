"""Recordings: clean of what is private, and answered from."""
