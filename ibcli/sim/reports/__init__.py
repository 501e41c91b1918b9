"""The books as the wire shows them: orders, trades, positions, balances, performance."""
