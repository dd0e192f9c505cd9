"""Subcommands of `tolqyn`: options in, one call into the package, text out."""
