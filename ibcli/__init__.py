"""ibcli: a headless options-trading command line for Interactive Brokers' Web API."""

__version__ = "0.1.0"
