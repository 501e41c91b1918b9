"""The programs compared against: ibind 0.2 as its README and examples use it, unmodified.

Each is as short and as quick as such a program gets without machinery of its own. They log in by
ibind's own OAuth (``use_oauth=True``, its defaults, its settings in the environment), and end as
ibind ends: by logging out.
"""
