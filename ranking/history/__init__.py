"""History: the boards as they were shown, and the state at a past moment."""
