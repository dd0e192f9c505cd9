"""Tolqyn's engine and its API: runs alone, in one process, and knows nothing of `streams`."""

__version__ = "0.2.0"
