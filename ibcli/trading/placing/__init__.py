"""Orders that happen once: written first, sent second, known always."""
