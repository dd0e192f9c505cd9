"""TF-IDF features of live articles: tags, section and words of the headline, and their cosine.

An article is a unit vector of three parts: tags and headline words, each part of length 1, and the
section, of length `SECTION_PART`; so headlines speak the louder where tags are missing. Inside its
part a voice weighs by its information, ln((L + 1) / (d + 0.5)) with d of L live articles having it
(Robertson & Sparck Jones 1976). Likeness is the product of two vectors (Salton, Wong & Yang 1975,
https://doi.org/10.1145/361219.361220).

An article then listens to those most like it and asks again with what they say too (pseudo-
relevance feedback, Rocchio 1971), twice: so tags that keep company speak for one another, and
what it has alone, which is off its topic, is drowned. A question costs what its voices' articles
say, some 0.2 ms.
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
from ranking.engine.decay import lns

TAG, WORD, SECTION = 0, 1, 2
PARTS = 3
SECTION_PART = 0.3
NEAREST = np.array([10, 20], np.int64)
"""How many articles are listened to in each round,"""
TRUST = np.array([2.0, 3.0])
"""and what they weigh together against the article's own voices."""
REMEMBERED = 1 << 16


class Features(NamedTuple):
    """Who says what.

    Attributes
    ----------
    start : (n_articles + 1,) int64
        Where each article's voices begin in `voice` and `loudness`.
    voice : (n_said,) int32
    loudness : (n_said,) float64
    voice_start : (n_voices + 1,) int64
        Where each voice's articles begin in `article` and `heard`.
    article : (n_said,) int32
    heard : (n_said,) float64
        The same loudness.
    name : (n_voices,) uint64
        Digests, ascending.
    information : (n_voices,) float64
    carriers : (n_voices,) int64
    """

    start: NDArray[np.int64]
    voice: NDArray[np.int32]
    loudness: NDArray[np.float64]
    voice_start: NDArray[np.int64]
    article: NDArray[np.int32]
    heard: NDArray[np.float64]
    name: NDArray[np.uint64]
    information: NDArray[np.float64]
    carriers: NDArray[np.int64]


def voice_name(part: int, text: str) -> int:
    """Digest of a voice, with its part in the last two bits.

    Examples
    --------
    >>> voice_name(WORD, "oil") & 3 == WORD, voice_name(TAG, "oil") == voice_name(TAG, "oil")
    (True, True)
    """
    digest = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
    return digest & ~3 | part


def said_by(card: Card) -> NDArray[np.uint64]:
    """All voices of a card, (n,) uint64."""
    return _said(card.title, card.section, card.tags, card.edition)


@lru_cache(REMEMBERED)
def _said(title: str, section: str, tags: tuple[str, ...], edition: str) -> NDArray[np.uint64]:
    keys = dict.fromkeys(tag_key(tag, edition) for tag in tags)
    names = [voice_name(TAG, key) for key in keys]
    names += [voice_name(WORD, word) for word in headline_words(title)]
    names += [voice_name(SECTION, section)] if section else []
    return np.array(names, np.uint64)


def voices_of(cards: Sequence[Card]) -> Features:
    """Put together what some articles say."""
    said = [said_by(card) for card in cards]
    start = np.cumsum([0, *map(len, said)])
    names = np.concatenate([np.zeros(0, np.uint64), *said])
    name, index = np.unique(names, return_inverse=True)
    carriers = np.bincount(index, minlength=name.size)
    information = np.maximum(lns((len(cards) + 1) / (carriers + 0.5)), 0.0)
    voice, part = index.astype(np.int32), (name & np.uint64(3)).astype(np.int32)
    loudness = _loudness(start, voice, part, carriers, information)
    voice_start, article, heard = _by_voice(start, voice, loudness, name.size)
    return Features(
        start, voice, loudness, voice_start, article, heard, name, information, carriers
    )


def own_voices(voices: Features, card: Card) -> tuple[NDArray[np.int32], NDArray[np.float64], bool]:
    """What a card says that live articles say too.

    Returns
    -------
    (n,) int32, (n,) float64, bool
        Voices, how loud each speaks, and whether one is more than a section.
    """
    said = said_by(card)
    place = np.searchsorted(voices.name, said)
    place[place == voices.name.size] = 0
    known = voices.name[place] == said if voices.name.size else np.zeros(said.size, bool)
    voice = place[known].astype(np.int32)
    part = (said[known] & np.uint64(3)).astype(np.int32)
    whole = np.array([0, voice.size])
    index = np.arange(voice.size, dtype=np.int32)
    information = voices.information[voice]
    loudness = _loudness(whole, index, part, voices.carriers[voice], information)
    return voice, loudness, bool((loudness[part != SECTION] > 0.0).any())


@compiled
def _loudness(
    start: NDArray[np.int64],
    voice: NDArray[np.int32],
    part: NDArray[np.int32],
    carriers: NDArray[np.int64],
    information: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How loud each article says each voice; what nobody else says does not quieten the rest."""
    loudness = np.zeros(voice.size)
    for i in range(start.size - 1):
        shared, alone, whole = np.zeros(PARTS), np.zeros(PARTS), 0.0
        for k in range(start[i], start[i + 1]):
            v = voice[k]
            square = information[v] * information[v]
            alone[part[v]] += square
            shared[part[v]] += square if carriers[v] > 1 else 0.0
        for p in range(PARTS):
            alone[p] = shared[p] if shared[p] > 0.0 else alone[p]
            length = SECTION_PART if p == SECTION else 1.0
            whole += length * length if alone[p] > 0.0 else 0.0
        for k in range(start[i], start[i + 1]):
            p = part[voice[k]]
            if alone[p] > 0.0:
                length = SECTION_PART if p == SECTION else 1.0
                loudness[k] = length * information[voice[k]] / np.sqrt(alone[p] * whole)
    return loudness


@compiled
def _by_voice(
    start: NDArray[np.int64],
    voice: NDArray[np.int32],
    loudness: NDArray[np.float64],
    n_voices: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Lay the voices of articles out as the articles of voices."""
    voice_start = np.zeros(n_voices + 1, np.int64)
    for k in range(voice.size):
        voice_start[voice[k] + 1] += 1
    for v in range(n_voices):
        voice_start[v + 1] += voice_start[v]
    free = voice_start.copy()
    article, heard = np.zeros(voice.size, np.int32), np.zeros(voice.size)
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            place = free[voice[k]]
            free[voice[k]] += 1
            article[place] = i
            heard[place] = loudness[k]
    return voice_start, article, heard


@compiled
def likeness(
    v: Features,
    voice: NDArray[np.int32],
    loudness: NDArray[np.float64],
    itself: int,
    nearest: NDArray[np.int64],
    trust: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How like an article the live ones are.

    Parameters
    ----------
    v : Features
    voice, loudness : (n,) int32, (n,) float64
        Own voices of the article.
    itself : int
        Its place among the live ones, -1 if it is none.
    nearest, trust : (n_rounds,) int64, float64

    Returns
    -------
    (n_articles,) float64
        0 = nothing in common; the article itself has 0.
    """
    like = _said_alike(v, voice, loudness, itself)
    for r in range(nearest.size):
        best = _most_alike(like, nearest[r])
        whole = 0.0
        for i in best:
            whole += like[i]
        if whole == 0.0:
            break
        heard, order = np.zeros(v.name.size), np.empty(v.name.size, np.int32)
        count = 0
        for k in range(voice.size):
            count = _say(heard, order, count, voice[k], loudness[k])
        for i in best:
            share = trust[r] * like[i] / whole
            for k in range(v.start[i], v.start[i + 1]):
                count = _say(heard, order, count, v.voice[k], share * v.loudness[k])
        like = _said_alike(v, order[:count], heard[order[:count]], itself)
    return like


@compiled
def _say(
    heard: NDArray[np.float64], order: NDArray[np.int32], count: int, voice: int, loudness: float
) -> int:
    if loudness > 0.0 and heard[voice] == 0.0:
        order[count] = voice
        count += 1
    heard[voice] += loudness
    return count


@compiled
def _said_alike(
    v: Features, voice: NDArray[np.int32], loudness: NDArray[np.float64], itself: int
) -> NDArray[np.float64]:
    like = np.zeros(v.start.size - 1)
    for k in range(voice.size):
        for place in range(v.voice_start[voice[k]], v.voice_start[voice[k] + 1]):
            like[v.article[place]] += loudness[k] * v.heard[place]
    if itself >= 0:
        like[itself] = 0.0
    return like


@compiled
def _most_alike(like: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Places of the greatest, at most so many above 0, ties by place."""
    best, found = np.empty(most, np.int64), 0
    for i in range(like.size):
        if like[i] <= 0.0 or (found == most and like[i] <= like[best[most - 1]]):
            continue
        at = found if found < most else most - 1
        found = min(found + 1, most)
        while at > 0 and like[best[at - 1]] < like[i]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = i
    return best[:found]
