"""The journal of orders: what was meant, sent, answered and seen, in SQLite, never rewritten."""
