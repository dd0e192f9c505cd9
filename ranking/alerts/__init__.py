"""Alerts: what is observed at each tick, and webhooks that tell of it."""
