"""Metrics of the embedded server, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from ranking.server.live import Live


class Metrics:
    """Counters of requests, and gauges read from the engine when asked.

    Parameters
    ----------
    live : Live
    """

    def __init__(self, live: Live) -> None:
        self._live = live
        self._registry = CollectorRegistry()
        self.accepted = self._counter("tolqyn_events_accepted", "Events that got a 202")
        self.rejected = self._counter("tolqyn_events_rejected", "Events refused by a rule")
        self.refused = self._counter(
            "tolqyn_requests_refused", "Requests sent back with 429 or 503"
        )
        self._gauge("tolqyn_log_position", "Next log position", lambda: live.ranker.position)
        self._gauge("tolqyn_waiting_requests", "Requests not logged yet", live.waiting)
        self._gauge("tolqyn_articles", "Articles with state", self._articles)
        self._gauge("tolqyn_coread_rows", "Co-read rows in use", self._rows)

    def page(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str) -> Counter:
        return Counter(name, text, registry=self._registry)

    def _gauge(self, name: str, text: str, read: "object") -> None:
        Gauge(name, text, registry=self._registry).set_function(read)  # type: ignore[arg-type]

    def _articles(self) -> float:
        return sum(len(site.ids) for site in list(self._live.ranker.sites.values()))

    def _rows(self) -> float:
        graphs = [site.state.graph for site in list(self._live.ranker.sites.values())]
        return float(sum(g.row.size - int(g.level["free_rows"][0]) for g in graphs))
