"""Topic names: what each topic of a namespace is called."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Topics of one namespace.

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
        return self._named("page-views")

    @property
    def raw(self) -> str:
        """Single events as JSON."""
        return self._named("raw-views")

    @property
    def articles(self) -> str:
        """Article cards."""
        return self._named("articles")

    @property
    def checkpoints(self) -> str:
        """Engine states."""
        return self._named("checkpoints")

    @property
    def settings(self) -> str:
        """Profiles and settings."""
        return self._named("settings")

    @property
    def day_keys(self) -> str:
        """Secrets that visitors are hashed with."""
        return self._named("day-keys")

    @property
    def dead_letters(self) -> str:
        """Records that nobody could read."""
        return self._named("dead-letters")

    def _named(self, name: str) -> str:
        return f"{self.namespace}.{name}" if self.namespace else name
