"""Sorted blocks: a set of keys that stays sorted while keys are added and removed.

A list of sorted lists of at most `LONGEST` keys each: a key is found by two bisections, and putting
one in or out moves one block's keys. One thread may change them while others read: what a reader
holds is at worst a change old.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

Key = tuple[float, str]
LONGEST = 2000


class SortedBlocks:
    """Keys in ascending order.

    Parameters
    ----------
    keys : iterable of (float, str)
        In any order, each once.

    Examples
    --------
    >>> blocks = SortedBlocks([(2.0, "b"), (1.0, "a")])
    >>> blocks.add((1.5, "c"))
    >>> list(blocks.since((1.5, "")))
    [(1.5, 'c'), (2.0, 'b')]
    >>> blocks.before((1.5, ""))
    (1.0, 'a')
    """

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        ordered, half = sorted(keys), LONGEST // 2
        self._hold([ordered[i : i + half] for i in range(0, len(ordered), half)])

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._held[0])

    def add(self, key: Key) -> None:
        """Put in a key that is not there."""
        blocks, last = self._held
        if not blocks:
            self._hold([[key]])
            return
        place = min(bisect_left(last, key), len(blocks) - 1)
        block = blocks[place]
        insort(block, key)
        last[place] = block[-1]
        if len(block) > LONGEST:
            half = len(block) // 2
            self._hold([*blocks[:place], block[:half], block[half:], *blocks[place + 1 :]])

    def discard(self, key: Key) -> None:
        """Take out a key, if it is there."""
        blocks, last = self._held
        place = bisect_left(last, key)
        if place == len(blocks):
            return
        block = blocks[place]
        at = bisect_left(block, key)
        if at == len(block) or block[at] != key:
            return
        if len(block) == 1:
            self._hold([*blocks[:place], *blocks[place + 1 :]])
            return
        del block[at]
        last[place] = block[-1]

    def since(self, key: Key) -> Iterator[Key]:
        """Keys from one on, ascending."""
        blocks, last = self._held
        place = bisect_left(last, key)
        if place < len(blocks):
            block = blocks[place]
            yield from block[bisect_left(block, key) :]
            for later in blocks[place + 1 :]:
                yield from list(later)

    def before(self, key: Key) -> Key | None:
        """The greatest key that is less than one, None if there is none."""
        blocks, last = self._held
        place = bisect_left(last, key)
        if place < len(blocks):
            block = blocks[place]
            at = bisect_left(block, key)
            if at:
                return block[at - 1]
        return blocks[place - 1][-1] if place else None

    def _hold(self, blocks: list[list[Key]]) -> None:
        self._held = (blocks, [block[-1] for block in blocks])
