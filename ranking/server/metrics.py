"""Metrics of a process, for Prometheus."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """Counters of requests, and gauges that are read when asked."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.accepted = self._counter("tolqyn_events_accepted", "Events that got a 202")
        self.rejected = self._counter("tolqyn_events_rejected", "Events refused by a rule")
        self.refused = self._counter(
            "tolqyn_requests_refused", "Requests sent back with 429 or 503"
        )

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def counted(self) -> dict[str, int]:
        """What this process took and refused."""
        counters = {"accepted": self.accepted, "rejected": self.rejected, "refused": self.refused}
        return {
            name: int(next(iter(counter.collect())).samples[0].value)
            for name, counter in counters.items()
        }

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge."""
        Gauge(name, text, registry=self._registry).set_function(read)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, registry=self._registry)
