"""A small program as a user writes it, to be read by type checkers at their strictest; it is not run."""
