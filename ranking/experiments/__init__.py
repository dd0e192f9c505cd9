"""Experiments on the lists: plans, assignment, sums by bucket, statistics and reports."""
