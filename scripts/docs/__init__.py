"""Writes the generated docs: ``python -m scripts.docs``; ``--check`` says what is stale."""
