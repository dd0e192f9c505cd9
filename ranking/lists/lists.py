"""Lists: those that ship, as members of the registry."""

from ranking.lists.for_you import ForYou
from ranking.lists.popular import Popular
from ranking.lists.ranked_list import LISTS
from ranking.lists.related import Related
from ranking.lists.trending import Trending

__all__ = ["LISTS"]

LISTS.ship(Popular(), Trending(), Related(), ForYou())
