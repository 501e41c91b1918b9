"""``make bench``: what ibcli costs, beside what people run today, on the same work and machine."""
