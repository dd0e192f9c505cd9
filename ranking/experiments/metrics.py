"""Metrics: what is counted in each bucket, and the ratios that experiments are decided by.

A metric is a ratio of two sums. The main ones count clicks on all our lists, and pages, by visit: a
list must not win by what it takes from its neighbour.
"""

from typing import NamedTuple

COLUMNS = (
    "visitors", "visits", "views", "bounces", "reads", "stay", "impressions", "clicks",
    "all_clicks",
)  # fmt: skip
"""Sums of a bucket, in the order of their columns.

visitors: readers of whom no event of any experiment came within the repeat window before; visits:
begun; views: pages opened; bounces: visits that ended with their first page; reads: pages read;
stay: seconds on pages, each until the next of its visit and at most ten minutes; impressions,
clicks: items of the experiment's own lists that came into sight, and that were followed;
all_clicks: items of any of our lists that were followed. All but the first count what passed the
repeat rule.
"""
COLUMN = {name: place for place, name in enumerate(COLUMNS)}


class Metric(NamedTuple):
    """A ratio of sums.

    Attributes
    ----------
    over, under : str
        Of `COLUMNS`.
    text : str
        What it is, for people.
    sign : int
        1 = the more the better, -1 = the less.
    """

    over: str
    under: str
    text: str
    sign: int = 1


METRICS = {
    "clicks_per_visit": Metric("all_clicks", "visits", "clicks on all our lists a visit"),
    "pages_per_visit": Metric("views", "visits", "pages a visit"),
    "click_through": Metric("clicks", "impressions", "clicks on the lists tried, by impressions"),
    "reads_per_view": Metric("reads", "views", "share of pages that were read"),
    "time_per_view": Metric("stay", "views", "seconds on a page until the next"),
    "bounce": Metric("bounces", "visits", "share of visits of one page", -1),
}
