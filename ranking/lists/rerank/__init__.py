"""Re-rank rules: one rule a file, applied to a ranking in its order."""
