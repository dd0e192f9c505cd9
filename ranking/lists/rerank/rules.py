"""Rules: those that ship, as members of the registry, in the order in which they act."""

from ranking.lists.rerank.caps import Caps
from ranking.lists.rerank.diversity import Diversity
from ranking.lists.rerank.first_exposure import FirstExposure
from ranking.lists.rerank.hysteresis import Hysteresis
from ranking.lists.rerank.near_duplicates import NearDuplicates
from ranking.lists.rerank.rule import RULES, placed, reorders, reranked

__all__ = ["RULES", "placed", "reorders", "reranked"]

RULES.ship(Hysteresis(), Diversity(), Caps(), NearDuplicates(), FirstExposure())
