"""Experiments on the lists: plans, assignment, sums by bucket, and what may be said of them."""
