"""One file a command: parse the words, call one function, return a result."""
