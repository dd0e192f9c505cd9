"""Prose: no metaphors of earlier versions, and no long sentences, in what people read."""

from collections.abc import Set as AbstractSet

import pytest

from tests.support import prose


def found(kinds: AbstractSet[str]) -> set[tuple[str, str]]:
    """File and name of every metaphor in texts of some kinds."""
    return {(text.path, name) for text, name in prose.metaphors() if text.kind in kinds}


def test_no_metaphor_is_left() -> None:
    kinds = {"markdown", "docstring", "comment", "string", "console", "name"}
    assert found(kinds) == set()


@pytest.mark.parametrize("kinds", [("markdown",), ("docstring",)])
def test_sentences_are_short(kinds: tuple[str, ...]) -> None:
    long = {
        (text.path, " ".join(sentence.split()[:4]))
        for words, text, sentence in prose.sentences(kinds)
        if words > prose.LONGEST
    }
    assert long == set()


def test_a_metaphor_and_a_long_sentence_are_found() -> None:
    """The rules apply to the texts that they are meant for."""
    kinds = {text.kind for text in prose.texts()}
    assert kinds == {"markdown", "docstring", "comment", "string", "console", "name"}
    words, _, sentence = prose.sentences(("docstring",))[0]
    assert words == sum(any(c.isalnum() for c in word) for word in sentence.split())
    text = prose.Text("x.py", 1, "docstring", "Boards stand beside it; so Lately one.")
    assert prose.names_of(text) == ["beside", "lately"]
