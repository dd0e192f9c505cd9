"""Simple baselines without an engine, for comparison with its lists."""
