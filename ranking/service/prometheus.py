"""Metrics of a process, for Prometheus."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Sample(NamedTuple):
    """One value of a labelled metric.

    Attributes
    ----------
    name, text : str
        A name that ends in `_total` is a counter's.
    labels : dict of str to str
    value : float
    """

    name: str
    text: str
    labels: dict[str, str]
    value: float


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
        """Counters of accepted and rejected events of this process."""
        counters = {"accepted": self.accepted, "rejected": self.rejected, "refused": self.refused}
        return {
            name: int(next(iter(counter.collect())).samples[0].value)
            for name, counter in counters.items()
        }

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Add a gauge."""
        Gauge(name, text, registry=self._registry).set_function(read)

    def collect(self, read: Callable[[], Iterable[Sample]]) -> None:
        """Add labelled metrics, read when asked; samples of one name have the same labels."""
        self._registry.register(_Samples(read))

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, registry=self._registry)


class _Samples(Collector):
    def __init__(self, read: Callable[[], Iterable[Sample]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for name, text, labels, value in self._read():
            if name not in families:
                kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
                families[name] = kind(name, text, labels=list(labels))
            families[name].add_metric(list(labels.values()), value)
        yield from families.values()
