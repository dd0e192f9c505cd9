"""A simulated news agency, its readers and its portal, for `tolqyn demo`. No other package imports
it.
"""
