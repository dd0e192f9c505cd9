"""The embedded server: collector, log, ranker thread and HTTP API in one process."""
