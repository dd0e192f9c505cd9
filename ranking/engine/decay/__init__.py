"""Decay: what a view of some age still weighs; one kernel a file."""
