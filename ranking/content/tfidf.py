"""TF-IDF features of live articles: tags, section and words of the headline, and their cosine.

An article is a unit vector of three parts: tags and headline words, each of length 1, and the
section, of length `SECTION_PART`. Headline words weigh more where tags are missing. Inside its part
a feature weighs by its idf, ln((L + 1) / (d + 0.5)), where d of L live articles have it (Robertson
& Sparck Jones 1976). The similarity of two articles is the cosine (Salton, Wong & Yang 1975,
https://doi.org/10.1145/361219.361220).

Two rounds of pseudo-relevance feedback follow (Rocchio 1971): the features of the nearest articles
are added to the query. Tags that often occur together then support each other, and features that
only one article has lose weight. A query costs about 0.2 ms.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.content.cards import Card, tag_key
from ranking.content.text import headline_words
from ranking.engine.compiled import compiled
from ranking.engine.decay.portable_math import lns

TAG, WORD, SECTION = 0, 1, 2
PARTS = 3
SECTION_PART = 0.3
NEAREST = np.array([10, 20], np.int64)
"""Nearest articles in each round of feedback,"""
TRUST = np.array([2.0, 3.0])
"""and their weight together against the article's own features."""
REMEMBERED = 1 << 16


class Features(NamedTuple):
    """TF-IDF features of some articles, by article and by feature.

    Attributes
    ----------
    start : (n_articles + 1,) int64
        Where each article's features begin in `feature` and `weight`.
    feature : (n_entries,) int32
    weight : (n_entries,) float64
    feature_start : (n_features + 1,) int64
        Where each feature's articles begin in `article` and `article_weight`.
    article : (n_entries,) int32
    article_weight : (n_entries,) float64
        The same weights, by feature.
    name : (n_features,) uint64
        Hashes, ascending.
    idf : (n_features,) float64
    document_count : (n_features,) int64
    """

    start: NDArray[np.int64]
    feature: NDArray[np.int32]
    weight: NDArray[np.float64]
    feature_start: NDArray[np.int64]
    article: NDArray[np.int32]
    article_weight: NDArray[np.float64]
    name: NDArray[np.uint64]
    idf: NDArray[np.float64]
    document_count: NDArray[np.int64]


def feature_hash(part: int, text: str) -> int:
    """Hash of a feature, with its part in the last two bits.

    Examples
    --------
    >>> feature_hash(WORD, "oil") & 3 == WORD, feature_hash(TAG, "oil") == feature_hash(TAG, "oil")
    (True, True)
    """
    digest = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
    return digest & ~3 | part


def hashes_of(card: Card) -> NDArray[np.uint64]:
    """Hashes of all features of a card, (n,) uint64."""
    return _hashes(card.title, card.section, card.tags, card.edition)


@lru_cache(REMEMBERED)
def _hashes(title: str, section: str, tags: tuple[str, ...], edition: str) -> NDArray[np.uint64]:
    keys = dict.fromkeys(tag_key(tag, edition) for tag in tags)
    names = [feature_hash(TAG, key) for key in keys]
    names += [feature_hash(WORD, word) for word in headline_words(title)]
    names += [feature_hash(SECTION, section)] if section else []
    return np.array(names, np.uint64)


def features_of(cards: Sequence[Card]) -> Features:
    """Compute the features of some articles."""
    hashes = [hashes_of(card) for card in cards]
    start = np.cumsum([0, *map(len, hashes)])
    names = np.concatenate([np.zeros(0, np.uint64), *hashes])
    name, index = np.unique(names, return_inverse=True)
    document_count = np.bincount(index, minlength=name.size)
    idf = np.maximum(lns((len(cards) + 1) / (document_count + 0.5)), 0.0)
    feature, part = index.astype(np.int32), (name & np.uint64(3)).astype(np.int32)
    weight = _tfidf(start, feature, part, document_count, idf)
    feature_start, article, article_weight = _inverted(start, feature, weight, name.size)
    return Features(
        start, feature, weight, feature_start, article, article_weight, name, idf, document_count
    )


def known_features(
    features: Features, card: Card
) -> tuple[NDArray[np.int32], NDArray[np.float64], bool]:
    """Those features of a card that live articles have.

    Returns
    -------
    (n,) int32, (n,) float64, bool
        Features, their weights, and whether one is more than a section.
    """
    hashes = hashes_of(card)
    place = np.searchsorted(features.name, hashes)
    place[place == features.name.size] = 0
    known = features.name[place] == hashes if features.name.size else np.zeros(hashes.size, bool)
    feature = place[known].astype(np.int32)
    part = (hashes[known] & np.uint64(3)).astype(np.int32)
    whole = np.array([0, feature.size])
    index = np.arange(feature.size, dtype=np.int32)
    idf = features.idf[feature]
    weight = _tfidf(whole, index, part, features.document_count[feature], idf)
    return feature, weight, bool((weight[part != SECTION] > 0.0).any())


@compiled
def _tfidf(
    start: NDArray[np.int64],
    feature: NDArray[np.int32],
    part: NDArray[np.int32],
    document_count: NDArray[np.int64],
    idf: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weight of each feature in each article; one that no other article has lowers no other."""
    weight = np.zeros(feature.size)
    for i in range(start.size - 1):
        shared, alone, whole = np.zeros(PARTS), np.zeros(PARTS), 0.0
        for k in range(start[i], start[i + 1]):
            v = feature[k]
            square = idf[v] * idf[v]
            alone[part[v]] += square
            shared[part[v]] += square if document_count[v] > 1 else 0.0
        for p in range(PARTS):
            alone[p] = shared[p] if shared[p] > 0.0 else alone[p]
            length = SECTION_PART if p == SECTION else 1.0
            whole += length * length if alone[p] > 0.0 else 0.0
        for k in range(start[i], start[i + 1]):
            p = part[feature[k]]
            if alone[p] > 0.0:
                length = SECTION_PART if p == SECTION else 1.0
                weight[k] = length * idf[feature[k]] / np.sqrt(alone[p] * whole)
    return weight


@compiled
def _inverted(
    start: NDArray[np.int64],
    feature: NDArray[np.int32],
    weight: NDArray[np.float64],
    n_features: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Invert the features of articles into the articles of features."""
    feature_start = np.zeros(n_features + 1, np.int64)
    for k in range(feature.size):
        feature_start[feature[k] + 1] += 1
    for v in range(n_features):
        feature_start[v + 1] += feature_start[v]
    free = feature_start.copy()
    article, article_weight = np.zeros(feature.size, np.int32), np.zeros(feature.size)
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            place = free[feature[k]]
            free[feature[k]] += 1
            article[place] = i
            article_weight[place] = weight[k]
    return feature_start, article, article_weight


@compiled
def similarity(
    v: Features,
    feature: NDArray[np.int32],
    weight: NDArray[np.float64],
    itself: int,
    nearest: NDArray[np.int64],
    trust: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Similarity of the live articles to one article.

    Parameters
    ----------
    v : Features
    feature, weight : (n,) int32, (n,) float64
        Features of the article.
    itself : int
        Its place among the live ones, -1 if it has none.
    nearest, trust : (n_rounds,) int64, float64

    Returns
    -------
    (n_articles,) float64
        0 = nothing in common; the article itself has 0.
    """
    cosine = _cosines(v, feature, weight, itself)
    for r in range(nearest.size):
        best = _nearest(cosine, nearest[r])
        whole = 0.0
        for i in best:
            whole += cosine[i]
        if whole == 0.0:
            break
        query, order = np.zeros(v.name.size), np.empty(v.name.size, np.int32)
        count = 0
        for k in range(feature.size):
            count = _add(query, order, count, feature[k], weight[k])
        for i in best:
            share = trust[r] * cosine[i] / whole
            for k in range(v.start[i], v.start[i + 1]):
                count = _add(query, order, count, v.feature[k], share * v.weight[k])
        cosine = _cosines(v, order[:count], query[order[:count]], itself)
    return cosine


@compiled
def _add(
    query: NDArray[np.float64], order: NDArray[np.int32], count: int, feature: int, weight: float
) -> int:
    if weight > 0.0 and query[feature] == 0.0:
        order[count] = feature
        count += 1
    query[feature] += weight
    return count


@compiled
def _cosines(
    v: Features, feature: NDArray[np.int32], weight: NDArray[np.float64], itself: int
) -> NDArray[np.float64]:
    cosine = np.zeros(v.start.size - 1)
    for k in range(feature.size):
        for place in range(v.feature_start[feature[k]], v.feature_start[feature[k] + 1]):
            cosine[v.article[place]] += weight[k] * v.article_weight[place]
    if itself >= 0:
        cosine[itself] = 0.0
    return cosine


@compiled
def _nearest(cosine: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Places of the greatest, at most so many above 0, ties by place."""
    best, found = np.empty(most, np.int64), 0
    for i in range(cosine.size):
        if cosine[i] <= 0.0 or (found == most and cosine[i] <= cosine[best[most - 1]]):
            continue
        at = found if found < most else most - 1
        found = min(found + 1, most)
        while at > 0 and cosine[best[at - 1]] < cosine[i]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = i
    return best[:found]
