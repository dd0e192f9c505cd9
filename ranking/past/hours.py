"""Hours of the wall clock: when something is kept for looking back."""

HOUR = 3600.0


def is_new_hour(last: float, now: float) -> bool:
    """Say whether a moment is in a later hour than the last one, both seconds since the epoch.

    Examples
    --------
    >>> is_new_hour(3599.0, 3600.0), is_new_hour(3600.0, 7199.0)
    (True, False)
    """
    return now // HOUR > last // HOUR
