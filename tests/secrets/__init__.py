"""What must not leak, and to whom nothing is entrusted."""
