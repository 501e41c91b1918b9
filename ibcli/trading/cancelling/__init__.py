"""``cancel``: which orders are meant, what they protect, and what becomes of each."""
