"""Plain values of the options trade: frozen, no I/O, no clock, Decimal for money."""
