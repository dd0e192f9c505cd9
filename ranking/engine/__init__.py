"""The pure core: what a page view does to the state, and nothing about servers or lists."""
