"""History from the data folder; no read waits for the engine's lock."""

from collections.abc import Iterator, Mapping
from functools import partial

from ranking.embedded.checkpoints import CheckpointFile
from ranking.embedded.live import Live
from ranking.engine.batch import Batch, decode
from ranking.engine.settings import EngineSettings
from ranking.engine.snapshot import CheckpointError, read_whole
from ranking.history.past_state import Kept, Rankers
from ranking.lists.boards import Board
from ranking.ranker import Ranker


class EmbeddedPast:
    """Past lists of one embedded server, shown or under another profile.

    Parameters
    ----------
    live : Live
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self.rankers = Rankers(DataFolder(live))

    def shown(self, edition: str, surface: str, at: float) -> Board | None:
        """Return the board published at a moment of the site's clock (s), with today's cards."""
        found = self._live.log.shown(edition, surface, at)
        return found.board(self._live.ranker.catalogue) if found else None

    def shown_since(self, edition: str, surface: str) -> float:
        """Return the oldest moment (s) of which a board is known; inf if there is none."""
        since = self._live.log.shown_since(edition, surface)
        return float("inf") if since is None else since


class DataFolder:
    """Checkpoints and log of a data folder, as an archive.

    Parameters
    ----------
    live : Live
    """

    def __init__(self, live: Live) -> None:
        self._live, self._log = live, live.log

    def new_ranker(self, site: str, settings: EngineSettings | None = None) -> Ranker:
        """Make an empty ranker that shares the live ranker's cards."""
        live = self._live.ranker
        return Ranker(settings or live.settings, catalogue=live.catalogue)

    def govern(self, ranker: Ranker, at: float) -> None:
        """Apply the present profiles and the overrides of a moment (s since the epoch)."""
        book = self._live.book
        ranker.lists.govern(book.profiles, book.active_overrides(at))

    def kept(self, site: str) -> list[Kept]:
        """Return the checkpoints, newest first."""
        found = []
        for file in self._log.checkpoints.all():
            try:
                header = self._log.checkpoints.header(file)
            except CheckpointError:
                continue
            found.append(Kept(header, partial(_pieces, file)))
        return found

    def begin(self, site: str) -> int:
        """Return the oldest position of the log."""
        return self._log.begin()

    def read(self, site: str, position: int) -> Iterator[tuple[int, Batch]]:
        """Yield positions and batches of a site from a position on."""
        for at, body in self._log.read(position):
            batch = decode(body)
            if batch.site == site:
                yield at, batch


def _pieces(file: CheckpointFile, site: str) -> Mapping[str, bytes]:
    return read_whole(file.read())[1]
