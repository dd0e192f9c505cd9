"""Alerts: observations at each tick, and webhooks."""
