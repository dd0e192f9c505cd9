"""Signals: one statistic of the page views a file."""
