"""Lists out of the state: Popular, Trending, Related and For this visit, under a profile."""
