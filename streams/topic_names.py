"""Topic names: the names of a namespace's topics and consumer groups."""

from dataclasses import dataclass

from ranking.read_model.store_keys import prefixed

VIEWS = "page-views"
RAW = "raw-views"
ARTICLES = "articles"
CHECKPOINTS = "checkpoints"
HOURS = "hourly-checkpoints"
BOARDS = "boards"
SETTINGS = "settings"
DAY_KEYS = "day-keys"
ID_KEYS = "id-keys"
DEAD_LETTERS = "dead-letters"


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Topics and consumer groups of one namespace.

    Parameters
    ----------
    namespace : str
        Empty = no prefix.

    Examples
    --------
    >>> TopicNames("test").views, TopicNames().day_keys
    ('test.page-views', 'day-keys')
    """

    namespace: str = ""

    @property
    def views(self) -> str:
        """Batches of views."""
        return prefixed(self.namespace, VIEWS)

    @property
    def raw(self) -> str:
        """Single events as JSON."""
        return prefixed(self.namespace, RAW)

    @property
    def articles(self) -> str:
        """Article cards."""
        return prefixed(self.namespace, ARTICLES)

    @property
    def checkpoints(self) -> str:
        """Engine states."""
        return prefixed(self.namespace, CHECKPOINTS)

    @property
    def hours(self) -> str:
        """Engine states of past hours."""
        return prefixed(self.namespace, HOURS)

    @property
    def boards(self) -> str:
        """Boards as they were published, and the offsets of hourly checkpoints."""
        return prefixed(self.namespace, BOARDS)

    @property
    def settings(self) -> str:
        """Profiles and settings."""
        return prefixed(self.namespace, SETTINGS)

    @property
    def day_keys(self) -> str:
        """Secrets that hash visitors."""
        return prefixed(self.namespace, DAY_KEYS)

    @property
    def id_keys(self) -> str:
        """The secret that hashes event ids."""
        return prefixed(self.namespace, ID_KEYS)

    @property
    def dead_letters(self) -> str:
        """Records that cannot be read."""
        return prefixed(self.namespace, DEAD_LETTERS)

    @property
    def workers(self) -> str:
        """Group of the workers; they share the partitions of views."""
        return prefixed(self.namespace, "tolqyn")

    @property
    def packers(self) -> str:
        """Group of the packers; they share the partitions of single events."""
        return prefixed(self.namespace, "tolqyn-pack")
