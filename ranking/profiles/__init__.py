"""Profiles: the parameters of the lists, their ranges, and the scopes in which they hold."""
