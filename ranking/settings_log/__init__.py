"""The settings log: decisions of operators and editors, as versions on one log."""
