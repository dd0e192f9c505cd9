"""The console: the operators' pages, which use the API alone."""
