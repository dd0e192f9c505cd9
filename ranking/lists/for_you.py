"""For you: the articles that are read next after the pages of a visit, best first, ties by id.

The same composition as Related, over the last pages with falling weights (`visit_decay`). The
pages come with the request; nobody stores them.
"""

from ranking.lists.ranked_list import Basis
from ranking.lists.related import Related


class ForYou(Related):
    """What is read after the pages of a visit."""

    name = "foryou"
    title = "For this visit, from the last pages read"
    basis: Basis = "visit"
    length = 5
