"""The past: what was shown, and what would have been under another profile."""
