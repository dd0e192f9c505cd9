"""Checks: what every signal, kernel, list and re-rank rule must pass, ours and an extension's.

Each module has a tuple `CHECKS` of functions that take a registered member and raise `CheckError`.
An extension's own tests run them, as the tests of this package do:

    for check in ranking.checks.signals.CHECKS:
        check(SIGNALS["shares"])
"""
