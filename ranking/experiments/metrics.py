"""Metrics: the sums of each bucket, and the metrics of experiments.

A metric is a ratio of two sums. The main metrics count clicks on all our lists, and pages, per
visit: a list must not win clicks that another list loses.
"""

from typing import NamedTuple

COLUMNS = (
    "visitors", "visits", "views", "bounces", "reads", "stay", "impressions", "clicks",
    "all_clicks",
)  # fmt: skip
"""Sums of a bucket, in the order of their columns. All but the first exclude repeats.

- visitors: readers without an event of any experiment in the repeat window before
- visits: started visits
- views: opened pages
- bounces: visits that ended with their first page
- reads: read pages
- stay: seconds on pages, each until the next page of the visit, at most ten minutes
- impressions, clicks: seen and clicked items of the experiment's own lists
- all_clicks: clicked items of any of our lists
"""
COLUMN = {name: place for place, name in enumerate(COLUMNS)}


class Metric(NamedTuple):
    """A ratio of sums.

    Attributes
    ----------
    over, under : str
        Columns of `COLUMNS`.
    text : str
        Its name for readers.
    sign : int
        1 = higher is better, -1 = lower is better.
    """

    over: str
    under: str
    text: str
    sign: int = 1


METRICS = {
    "clicks_per_visit": Metric("all_clicks", "visits", "clicks on all our lists per visit"),
    "pages_per_visit": Metric("views", "visits", "pages per visit"),
    "click_through": Metric("clicks", "impressions", "click-through rate of the tested lists"),
    "reads_per_view": Metric("reads", "views", "share of pages read"),
    "time_per_view": Metric("stay", "views", "seconds on a page"),
    "bounce": Metric("bounces", "visits", "bounce rate: share of visits with one page", -1),
}
