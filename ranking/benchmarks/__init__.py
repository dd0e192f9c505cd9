"""Benchmarks of one machine, as ratios where a machine's speed would matter."""
