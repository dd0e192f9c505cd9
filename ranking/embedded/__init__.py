"""The embedded way: log, engine and API in one process, nothing to install."""
