"""A simulator of IBKR's Web API, written from the wire facts; it imports nothing else of ibcli."""
