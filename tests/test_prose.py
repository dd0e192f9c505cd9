"""Prose: no metaphors of earlier versions, and no long sentences, in what people read."""

from collections.abc import Set as AbstractSet

import pytest

from tests.support import prose

ALLOWED = {
    ("ranking/engine/compiled.py", "lent"): "the name of a compiler option of this module",
    ("ranking/manual/decisions.md", "lent"): "the same",
}
"""Uses that are no metaphors, each with its reason."""

OPEN: dict[str, set[str]] = {
    "ranking/benchmarks/growth.py": {"stood"},
    "ranking/benchmarks/preview.py": {"beside"},
    "ranking/benchmarks/visible.py": {"beside"},
    "ranking/commands/backtest.py": {"beside"},
    "ranking/content/edition_mapping.py": {"bears"},
    "ranking/content/tombstones.py": {"beside"},
    "ranking/embedded/checkpoints.py": {"beside"},
    "ranking/embedded/log.py": {"stood"},
    "ranking/engine/batch_builder.py": {"lately"},
    "ranking/engine/decay.py": {"beside"},
    "ranking/engine/signals/experiment_sums.py": {"nonsense"},
    "ranking/lists/alternative_boards.py": {"showing"},
    "ranking/lists/boards.py": {"lent", "worn"},
    "ranking/lists/edition.py": {"lent"},
    "ranking/lists/edition_reader.py": {"beside", "worn"},
    "ranking/lists/explanation.py": {"lent"},
    "ranking/lists/live_lists.py": {"beside"},
    "ranking/lists/related.py": {"mirror"},
    "ranking/lists/related_mixture.py": {"worn"},
    "ranking/lists/rerank/first_exposure.py": {"lent"},
    "ranking/lists/rerank/hysteresis.py": {"stood"},
    "ranking/lists/rerank/sibling_prior.py": {"lent"},
    "ranking/profiles/parameters.py": {"beside"},
    "ranking/read_model/arm_lists.py": {"beside", "heard"},
    "ranking/read_model/lists.py": {"lately"},
    "ranking/read_model/store.py": {"lately"},
    "ranking/service/cached_response.py": {"lately"},
    "ranking/service/experiments.py": {"bears"},
    "ranking/service/openapi.py": {"lately"},
    "ranking/service/ports.py": {"mirror"},
    "ranking/service/previews.py": {"beside", "stood"},
    "ranking/service/problems.py": {"beside"},
    "ranking/service/ready_arm_lists.py": {"beside", "lately"},
    "ranking/service/response_cache.py": {"lately"},
    "ranking/settings_log/webhooks.py": {"desk"},
    "streams/arm_lists.py": {"beside", "showing"},
    "streams/engine.py": {"beside"},
    "streams/publisher.py": {"beside"},
    "streams/worker.py": {"beside", "sayings"},
}
"""Metaphors that are still in files, by file. An entry that no longer occurs must be removed."""

LONG: set[tuple[str, str]] = {
    ("ranking/benchmarks/experiments.py", "One server, while views"),
    ("ranking/benchmarks/preview.py", "At sampled moments of"),
    ("ranking/benchmarks/retune.py", "dict Engine time of"),
    ("ranking/benchmarks/visible.py", "dict Median, 95th percentile"),
    ("ranking/commands/backtest.py", "Run benchmarks: `visible` (how"),
    ("ranking/embedded/checkpoints.py", "The name says the"),
    ("ranking/engine/decay.py", "Lagrange coefficients of the"),
    ("ranking/engine/deduplication.py", "Stamps below the horizon"),
    ("ranking/engine/view_loop.py", "In order: an event"),
    ("ranking/history/past_state.py", "The state at `at`"),
    ("ranking/history/shown_boards.py", "A board is when"),
    ("ranking/lists/explanation.py", "A score is a"),
    ("ranking/lists/next_article.py", "For one page a:"),
    ("ranking/lists/next_article.py", "Since a step is"),
    ("ranking/read_model/store.py", "A write names the"),
    ("streams/checkpoints.py", "Piece keys carry an"),
}
"""Docstrings with a longer sentence: file and first words. The same rule holds for them."""


def found(kinds: AbstractSet[str]) -> set[tuple[str, str]]:
    """File and name of every metaphor in texts of some kinds."""
    return {(text.path, name) for text, name in prose.metaphors() if text.kind in kinds}


def test_no_metaphor_is_left() -> None:
    kinds = {"markdown", "docstring", "comment", "string", "console", "name"}
    still_open = {(path, name) for path, names in OPEN.items() for name in names}
    assert found(kinds) - ALLOWED.keys() == still_open


def test_every_exception_occurs() -> None:
    assert ALLOWED.keys() <= found({"markdown", "docstring", "comment", "string"})


@pytest.mark.parametrize("kinds", [("markdown",), ("docstring",)])
def test_sentences_are_short(kinds: tuple[str, ...]) -> None:
    long = {
        (text.path, " ".join(sentence.split()[:4]))
        for words, text, sentence in prose.sentences(kinds)
        if words > prose.LONGEST
    }
    assert long == (LONG if "docstring" in kinds else set())


def test_a_metaphor_and_a_long_sentence_are_found() -> None:
    """The rules apply to the texts that they are meant for."""
    kinds = {text.kind for text in prose.texts()}
    assert kinds == {"markdown", "docstring", "comment", "string", "console", "name"}
    words, _, sentence = prose.sentences(("docstring",))[0]
    assert words == sum(any(c.isalnum() for c in word) for word in sentence.split())
    text = prose.Text("x.py", 1, "docstring", "Boards stand beside it; so Lately one.")
    assert prose.names_of(text) == ["beside", "lately"]
