"""The mirror: the engine's lists and articles as values in a store, and a reading of them."""
