"""Text: the words of a headline, in any script.

A title is folded first (Unicode NFKC, case, apostrophes, Arabic vowel marks and stretching). A word
speaks whole, and by its first `STEM` letters, which languages with endings share (truncation,
McNamee & Mayfield 2004, https://doi.org/10.1023/B:INRT.0000009441.78971.be). Scripts without spaces
speak by pairs of characters. A number alone says nothing.
"""

import re
import unicodedata
from functools import lru_cache

STEM = 5
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_RUNS = re.compile(rf"[{_UNSPACED}\U00020000-\U0003ffff]+|[^\W_{_UNSPACED}]+(?:'[^\W_]+)*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}\U00020000-\U0003ffff]")
_MARKS = re.compile("[\u0307\u0640\u064b-\u0655\u0670\u0674\u00ad\u200b-\u200f]+")
_TURKIC = str.maketrans({"I": "ı", "İ": "i"})
_DOTLESS = re.compile(r"(?:tr|az|crh|gag|(?:kk|tt|ba|ky)-Latn)(?:-.*)?")
_APOSTROPHES = str.maketrans(dict.fromkeys("‘’ʻʼ`", "'"))


@lru_cache(1 << 10)
def is_dotless(edition: str) -> bool:
    """Say whether an edition's language tells the dotless i from the dotted, by its script.

    Examples
    --------
    >>> is_dotless("paper/tr"), is_dotless("inform/kk-Latn"), is_dotless("inform/kk")
    (True, True, False)
    """
    return _DOTLESS.fullmatch(edition.partition("/")[2]) is not None


def folded(text: str, *, dotless: bool = False) -> str:
    """Text without what differs from one writer to the next.

    Parameters
    ----------
    text : str
    dotless : bool
        Fold `I` to the dotless i, as Unicode's `CaseFolding.txt` says for Turkic languages.

    Examples
    --------
    >>> folded("Ａstana: ﬁre"), folded("مُــدير"), folded("İran")
    ('astana: fire', 'مدير', 'iran')
    >>> folded("ISI", dotless=True) == folded("ısı", dotless=True) != folded("isi", dotless=True)
    True
    """
    text = unicodedata.normalize("NFKC", text)
    text = (text.translate(_TURKIC) if dotless else text).casefold()
    return _MARKS.sub("", text).translate(_APOSTROPHES)


def runs(text: str) -> list[str]:
    """Words of a folded text in their order, and runs of a script without spaces."""
    return _RUNS.findall(text)


def is_unspaced(run: str) -> bool:
    """Say whether a run is of a script without spaces."""
    return _IS_UNSPACED.match(run) is not None


def headline_words(title: str) -> tuple[str, ...]:
    """Words of a title, their stems, and pairs of characters, each once.

    Examples
    --------
    >>> headline_words("Мэры 3 городов")
    ('мэры', 'городов', 'город-')
    >>> headline_words("哈萨克斯坦")
    ('哈萨', '萨克', '克斯', '斯坦')
    """
    found: dict[str, None] = {}
    for run in runs(folded(title)):
        if is_unspaced(run):
            found |= dict.fromkeys(run[i : i + 2] for i in range(max(len(run) - 1, 1)))
        elif len(run) > 1 and not run.isdecimal():
            found[run] = None
            if len(run) > STEM:
                found[run[:STEM] + "-"] = None
    return tuple(found)
