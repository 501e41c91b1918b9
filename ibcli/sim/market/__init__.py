"""The simulated market: pure functions of a seed and an instant, with no wire and no I/O."""
