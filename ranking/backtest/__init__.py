"""Backtests: logs in files, replayed through the live core and measured."""
