"""Store keys: the key of each value in Redis.

All begin with the namespace, so that several systems share one store; this file alone knows how.
"""

from dataclasses import dataclass

import msgspec


class OnDemandKey(msgspec.Struct, frozen=True, order=True):
    """A board, or another value that is made on demand.

    Attributes
    ----------
    edition, surface, section : str
    profile : str
        A whole profile as JSON; empty = the live one.
    pages : tuple of str
        Of Related and For this visit, newest first.
    explained : tuple of str
        Articles of which to tell why they stand where they do, instead of the board.
    n : int
        Places of the list that this is about.
    is_followed : bool
        Make it anew at every tick that changes its edition, and tell the readers.
    experiment : str
        Name of the one whose sums are asked for, of the edition's site, instead of the board.
    override : str
        One as JSON, of which to tell what it means in the edition's site, instead of the board.
    """

    edition: str
    surface: str
    section: str = ""
    profile: str = ""
    pages: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    n: int = 5
    is_followed: bool = False
    experiment: str = ""
    override: str = ""


@dataclass(frozen=True, slots=True)
class StoreKeys:
    """Keys of one namespace.

    Parameters
    ----------
    namespace : str
        Empty for the only one.

    Examples
    --------
    >>> StoreKeys("test").edition("paper/en"), StoreKeys("").article("paper/en", "a1")
    ('test.tolqyn:edition:paper/en', 'tolqyn:article:paper/en:a1')
    """

    namespace: str = ""

    def edition(self, name: str) -> str:
        """An edition's value."""
        return self._named(f"edition:{name}")

    def tags(self, name: str) -> str:
        """An edition's tags."""
        return self._named(f"tags:{name}")

    def article(self, edition: str, article: str) -> str:
        """An article's value."""
        return self._named(f"article:{edition}:{article}")

    def board(self, question: OnDemandKey) -> str:
        """A board that was asked for."""
        return self._named(f"board:{text_of(question)}")

    def draft(self, id: str) -> str:
        """A draft."""
        return self._named(f"draft:{id}")

    def position(self, partition: int) -> str:
        """Log positions that a partition's values stand for."""
        return self._named(f"position:{partition}")

    def worker(self, worker: str) -> str:
        """Presence of a worker."""
        return self._named(f"worker:{worker}")

    @property
    def directory(self) -> str:
        """All editions, each with the version of its value."""
        return self._named("editions")

    @property
    def wanted(self) -> str:
        """Boards that are asked for, by when."""
        return self._named("wanted")

    @property
    def changes(self) -> str:
        """Channel that tells which editions and boards changed."""
        return self._named("changes")

    def _named(self, name: str) -> str:
        return prefixed(self.namespace, f"tolqyn:{name}")


def prefixed(namespace: str, name: str) -> str:
    """A name of a key, a topic or a group within a namespace.

    Parameters
    ----------
    namespace : str
        Empty for the only one.
    name : str

    Examples
    --------
    >>> prefixed("test", "page-views"), prefixed("", "page-views")
    ('test.page-views', 'page-views')
    """
    return f"{namespace}.{name}" if namespace else name


def text_of(question: OnDemandKey) -> str:
    """Write a question as text."""
    return msgspec.json.encode(question).decode()


def question_of(text: str | bytes) -> OnDemandKey:
    """Read a question from text."""
    return msgspec.json.decode(text, type=OnDemandKey)
