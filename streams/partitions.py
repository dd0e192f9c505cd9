"""Partitions: which one of a topic a site goes to. Their count never changes in place."""

from zlib import crc32


def partition_of(site: str, count: int) -> int:
    """Partition of a site, of `count` there are.

    Examples
    --------
    >>> partition_of("inform", 4), partition_of("paper", 4)
    (2, 2)
    """
    return crc32(site.encode()) % count
