"""The collector on Kafka: one thread that writes the requests of HTTP to the log."""

import threading

from ranking.service.batches import BATCH
from ranking.service.group_commit import GroupCommit
from ranking.service.intake import Intake
from streams.log import KafkaLog

GATHER = 0.005
"""Seconds that a request waits for others to be packed with."""
ENDED = "the collector's thread has ended"


class KafkaCollector:
    """Writes requests to a cluster's log until it is stopped.

    Parameters
    ----------
    log : KafkaLog
        Closed when the collector stops.
    """

    def __init__(self, log: KafkaLog) -> None:
        self._log, self._commits = log, GroupCommit(log, large=BATCH)
        self.intake = Intake(log, self._commits)
        self._thread = threading.Thread(target=self._run, name="collector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._commits.stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._commits.is_over:
                requests = self._commits.take(GATHER, linger=GATHER)
                self._log.poll()
                if requests:
                    self._commits.write(requests)
            self._log.close()
        finally:
            self._commits.close(ENDED)
