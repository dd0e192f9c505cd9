"""The read model: lists and articles as packed values in Redis, which API processes read."""
