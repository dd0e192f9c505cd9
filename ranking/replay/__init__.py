"""Logs in files: reading them, sending them into a running system, backtesting on them."""
