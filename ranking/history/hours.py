"""Hours of the wall clock: when a state is kept for later reading."""

HOUR = 3600.0


def is_new_hour(last: float, now: float) -> bool:
    """Say whether a moment is in a later hour than the last one, both seconds since the epoch.

    Examples
    --------
    >>> is_new_hour(3599.0, 3600.0), is_new_hour(3600.0, 7199.0)
    (True, False)
    """
    return now // HOUR > last // HOUR
