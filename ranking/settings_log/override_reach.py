"""Override reach: the articles of each edition that an override affects.

An override that names sections or tags means what corresponds to them in every edition that it is
for. What corresponds is found once, when it is decided, and stands in its record, so that every
process that reads the settings log does the same.
"""

from collections.abc import Callable, Iterable

import msgspec

from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.content.edition_mapping import corresponding
from ranking.engine.event import site_of
from ranking.lists.rerank.editorial import Edit
from ranking.settings_log.overrides import Elsewhere, Override


class Reached(msgspec.Struct, frozen=True):
    """The articles that an override affects.

    Attributes
    ----------
    editions : dict of str to int
        Articles with a card, of every edition that it is for.
    known : list of str
        Those of its articles and stories that have a card or views in one of them.
    section_keys : list of str
    elsewhere : dict of str to Elsewhere
        What its sections and tags are called, by edition.
    """

    editions: dict[str, int]
    known: list[str]
    section_keys: list[str] = []
    elsewhere: dict[str, Elsewhere] = {}

    def completed(self, act: Override) -> Override:
        """The override with what its names mean."""
        keys = list(dict.fromkeys([*act.section_keys, *self.section_keys]))
        return msgspec.structs.replace(act, section_keys=keys, elsewhere=self.elsewhere)


def reached(
    act: Override, catalogue: Catalogue, editions: Iterable[str],
    is_viewed: Callable[[str, str], bool],
) -> Reached:  # fmt: skip
    """Find what an override means.

    Parameters
    ----------
    act : Override
    catalogue : Catalogue
    editions : iterable of str
        All that are known.
    is_viewed : callable
        Whether an article of an edition has any views.
    """
    order, every = act.ordered(), sorted(editions)
    tags = set(order.edit.tags)
    covered = [edition for edition in every if order.is_for(edition)]
    keys: set[str] = set()
    elsewhere: dict[str, Elsewhere] = {}
    for site in dict.fromkeys(map(site_of, covered) if act.sections or tags else ()):
        its = [edition for edition in every if site_of(edition) == site]
        cards = (card for edition in its for card in catalogue.cards(edition))
        found = corresponding(cards, act.sections, tags)
        keys |= found.section_keys
        for edition in its:
            named = Elsewhere(
                sorted(found.sections.get(edition, ())), sorted(found.tags.get(edition, ()))
            )
            if order.is_for(edition) and (named.sections or named.tags):
                elsewhere[edition] = named
    told = Reached({}, [], sorted(keys), elsewhere)
    whole = told.completed(act).ordered()
    known: set[str] = set()
    for edition in covered:
        edit = whole.of(edition)
        told.editions[edition] = _counted(edit, catalogue.cards(edition), known)
        known |= {article for article in act.articles if is_viewed(edition, article)}
    names = [*act.articles, *act.stories]
    return msgspec.structs.replace(told, known=[name for name in names if name in known])


def merged(parts: Iterable[Reached]) -> Reached:
    """Articles that an override affects in the editions of several sites."""
    whole = Reached({}, [])
    for part in parts:
        whole = Reached(
            whole.editions | part.editions,
            list(dict.fromkeys([*whole.known, *part.known])),
            sorted({*whole.section_keys, *part.section_keys}),
            whole.elsewhere | part.elsewhere,
        )
    return whole


def _counted(edit: Edit, cards: Iterable[Card], known: set[str]) -> int:
    """Count the cards that are meant, and note those that are named."""
    count = 0
    for card in cards:
        if edit.means(card.id, card):
            count += 1
            known |= {card.id, card.story} & {*edit.articles, *edit.stories}
    return count
