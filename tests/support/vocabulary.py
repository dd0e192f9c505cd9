"""Made-up words in seven editions' scripts: topics, tags and headlines of a generated portal.

A word is a number; each language writes it in syllables of its own alphabet, and the Latin and
Arabic editions of Kazakh rewrite the Cyrillic one. A word of a headline takes one of its language's
endings; Chinese has neither endings nor spaces.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from ranking.demo import transliteration

LANGUAGES = ("ru", "kk", "kk-Latn", "kk-Arab", "zh", "uz", "en")
SHARES = (0.45, 0.25, 0.05, 0.04, 0.07, 0.06, 0.08)
"""What part of the readers each edition has."""

_LETTERS = {
    "ru": ("бвгдзклмнпрстфхчшщ", "аеиоуыэюя"),
    "kk": ("бғгджзкқлмнңпрстш", "аәеиоөұүыі"),
    "uz": ("bdfghjklmnpqrstvxyz", "aeiou"),
    "en": ("bcdfghjklmnprstvw", "aeiouy"),
}
_ENDINGS = {
    "ru": ("", "а", "ов", "ами", "ого", "ой"),
    "kk": ("", "лар", "дың", "да", "ға", "ның"),
    "uz": ("", "lar", "ning", "da", "ga"),
    "en": ("", "s", "ed", "ing"),
}
_FIRST_HAN, _HAN = 0x4E00, 3000
_REWRITTEN: dict[str, tuple[str, Callable[[str], str]]] = {
    "kk-Latn": ("kk", transliteration.latin),
    "kk-Arab": ("kk", transliteration.arabic),
}


class Vocabulary:
    """Words of one language.

    Parameters
    ----------
    lang : str
        One of `LANGUAGES`.
    size : int
        How many words there are.
    seed : int
    """

    def __init__(self, lang: str, size: int, seed: int) -> None:
        source, self._rewrite = _REWRITTEN.get(lang, (lang, str))
        rng = np.random.default_rng([seed, LANGUAGES.index(source)])
        self._endings = _ENDINGS.get(source, ("",))
        self._space = "" if source == "zh" else " "
        drawn: dict[str, None] = {}
        while len(drawn) < size:
            drawn[_han(rng) if source == "zh" else _word(rng, *_LETTERS[source])] = None
        self.words = list(drawn)

    def tag(self, word: str) -> str:
        """A word as a tag."""
        return self._rewrite(word[0].upper() + word[1:])

    def headline(self, words: Sequence[int], endings: Sequence[int]) -> str:
        """A headline of some words, each with an ending."""
        pairs = zip(words, endings, strict=True)
        inflected = [self.words[w] + self._endings[e % len(self._endings)] for w, e in pairs]
        text = self._space.join(inflected)
        return self.tag(text)


def _word(rng: Generator, consonants: str, vowels: str) -> str:
    syllables = int(rng.integers(2, 5))
    letters = [consonants[rng.integers(len(consonants))] for _ in range(syllables)]
    return "".join(letter + vowels[rng.integers(len(vowels))] for letter in letters)


def _han(rng: Generator) -> str:
    return "".join(chr(_FIRST_HAN + int(rng.integers(_HAN))) for _ in range(2))
