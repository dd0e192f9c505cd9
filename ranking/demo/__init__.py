"""A simulated news agency, its readers and its portal, for `tolqyn demo`; nothing needs it."""
