"""``close``: what is meant, what protects it, and how it is closed once and told truly."""
