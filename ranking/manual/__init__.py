"""The manual: its topics as Markdown, their HTML pages, and the index of the search."""
