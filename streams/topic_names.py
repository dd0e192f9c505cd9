"""Topic names: what each topic of a namespace is called, and each group that reads them."""

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
        Empty for the only one.

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
        """Boards as they were published, and where the states of past hours are."""
        return prefixed(self.namespace, BOARDS)

    @property
    def settings(self) -> str:
        """Profiles and settings."""
        return prefixed(self.namespace, SETTINGS)

    @property
    def day_keys(self) -> str:
        """Secrets that visitors are hashed with."""
        return prefixed(self.namespace, DAY_KEYS)

    @property
    def id_keys(self) -> str:
        """The secret that ids of events are hashed with."""
        return prefixed(self.namespace, ID_KEYS)

    @property
    def dead_letters(self) -> str:
        """Records that nobody could read."""
        return prefixed(self.namespace, DEAD_LETTERS)

    @property
    def workers(self) -> str:
        """Group of the workers, which share the partitions of views."""
        return prefixed(self.namespace, "tolqyn")

    @property
    def packers(self) -> str:
        """Group of the packers, which share those of single events."""
        return prefixed(self.namespace, "tolqyn-pack")
