"""What a trader wants done, in terms of the broker's endpoints and the domain's values."""
