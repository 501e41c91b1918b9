"""The same days over a plain program of ibind's, for comparison."""
