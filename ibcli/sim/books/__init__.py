"""The back office: accounts, orders, executions, positions and money, kept in the store.

Nothing happens in the background. Whoever looks next lets the time that has passed since the last
look pass in the books, in one transaction, so that several servers on one state folder book every
fill once.
"""
