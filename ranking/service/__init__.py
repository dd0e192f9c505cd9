"""The HTTP service: collector, lists and the routes of operators."""
