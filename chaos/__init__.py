"""A campaign of trading days on which everything goes wrong, each made from a seed."""
