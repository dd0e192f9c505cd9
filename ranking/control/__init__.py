"""Control: what operators and editors decide, as versions on one log that every process follows."""
