"""Content: article cards, their text and their tags."""
