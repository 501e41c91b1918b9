"""The journal held against what the broker shows."""
