"""Assignment: the arm of a reader, by the bucket alone.

The browser draws a bucket from 0 to 999 once and sends only that. Each layer and each experiment
orders the buckets by a hash of `salt:bucket` and cuts the shares from this order. So a half is
exactly 500 buckets, a growing share keeps its readers, and two layers are independent. The hash is
32-bit FNV-1a of the UTF-8 bytes with the finaliser of MurmurHash3. `ranking/service/experiment.js`
computes the same in the browser.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ranking.engine.batch import BUCKETS

OUTSIDE = -1
_MASK = 0xFFFFFFFF


def hashed(text: str) -> int:
    """Hash a text to 32 bits.

    Examples
    --------
    >>> hashed(""), hashed("layer/lists:7")
    (2872998923, 2204905628)

    References
    ----------
    Fowler, Noll and Vo, FNV-1a (RFC 9923); Appleby, MurmurHash3, `fmix32`.
    """
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & _MASK
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    return value ^ value >> 16


@lru_cache(maxsize=1024)
def _places(salt: str) -> NDArray[np.int64]:
    hashes = np.array([hashed(f"{salt}:{bucket}") for bucket in range(BUCKETS)])
    places = np.empty(BUCKETS, np.int64)
    places[np.argsort(hashes, kind="stable")] = np.arange(BUCKETS)
    places.flags.writeable = False
    return places


def places(salt: str) -> NDArray[np.int64]:
    """Position of every bucket in the order of a salt, (BUCKETS,) int64; ties by bucket."""
    return _places(salt)


def arms_of(
    layer: str, salt: str, shares: Sequence[int], traffic: int = BUCKETS, offset: int = 0
) -> NDArray[np.int64]:
    """The arm of every bucket.

    Parameters
    ----------
    layer : str
        Its positions `offset` to `offset + traffic` take part.
    salt : str
        Salt of the experiment.
    shares : sequence of int
        Share of each arm, in thousandths; together 1000.
    traffic, offset : int
        Thousandths of the readers.

    Returns
    -------
    (BUCKETS,) int64
        Number of the arm, `OUTSIDE` if the bucket takes no part.

    Examples
    --------
    >>> np.unique(arms_of("lists", "s1", [500, 500], traffic=100), return_counts=True)[1]
    array([900,  47,  53])
    """
    return _arms_of(layer, salt, tuple(shares), traffic, offset)


@lru_cache(maxsize=256)
def _arms_of(
    layer: str, salt: str, shares: tuple[int, ...], traffic: int, offset: int
) -> NDArray[np.int64]:
    arm = np.searchsorted(np.cumsum(shares), places(salt), side="right")
    place = places(f"layer/{layer}")
    arms = np.where((place >= offset) & (place < offset + traffic), arm, OUTSIDE)
    arms.flags.writeable = False
    return arms
