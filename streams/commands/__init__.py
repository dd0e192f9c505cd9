"""Subcommands of the cluster's processes."""
