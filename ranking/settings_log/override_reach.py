"""Override reach: the articles of each edition that an override affects.

An override of sections or tags affects the corresponding sections and tags of each of its editions.
The correspondence is computed once, at the decision, and stored in the record, so that every
process that reads the settings log applies the same.
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
        Number of affected articles with a card, by edition.
    known : list of str
        Articles and stories of the override with a card or views in one of the editions.
    section_keys : list of str
    elsewhere : dict of str to Elsewhere
        Names of the sections and tags, by edition.
    """

    editions: dict[str, int]
    known: list[str]
    section_keys: list[str] = []
    elsewhere: dict[str, Elsewhere] = {}

    def completed(self, act: Override) -> Override:
        """Return the override with the corresponding names of each edition."""
        keys = list(dict.fromkeys([*act.section_keys, *self.section_keys]))
        return msgspec.structs.replace(act, section_keys=keys, elsewhere=self.elsewhere)


def reached(
    act: Override, catalogue: Catalogue, editions: Iterable[str],
    is_viewed: Callable[[str, str], bool],
) -> Reached:  # fmt: skip
    """Find the articles that an override affects.

    Parameters
    ----------
    act : Override
    catalogue : Catalogue
    editions : iterable of str
        All known editions.
    is_viewed : callable
        Returns whether an article of an edition has views.
    """
    order, every = act.scoped_edit(), sorted(editions)
    tags = set(order.edit.tags)
    covered = [edition for edition in every if order.is_for(edition)]
    keys: set[str] = set()
    elsewhere: dict[str, Elsewhere] = {}
    for site in dict.fromkeys(map(site_of, covered) if act.sections or tags else ()):
        own = [edition for edition in every if site_of(edition) == site]
        cards = (card for edition in own for card in catalogue.cards(edition))
        found = corresponding(cards, act.sections, tags)
        keys |= found.section_keys
        for edition in own:
            named = Elsewhere(
                sorted(found.sections.get(edition, ())), sorted(found.tags.get(edition, ()))
            )
            if order.is_for(edition) and (named.sections or named.tags):
                elsewhere[edition] = named
    found_in = Reached({}, [], sorted(keys), elsewhere)
    whole = found_in.completed(act).scoped_edit()
    known: set[str] = set()
    for edition in covered:
        edit = whole.of(edition)
        found_in.editions[edition] = _counted(edit, catalogue.cards(edition), known)
        known |= {article for article in act.articles if is_viewed(edition, article)}
    names = [*act.articles, *act.stories]
    return msgspec.structs.replace(found_in, known=[name for name in names if name in known])


def merged(parts: Iterable[Reached]) -> Reached:
    """Merge the reaches of an override in the editions of several sites."""
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
    """Count the affected cards; adds those that the override names to `known`."""
    count = 0
    for card in cards:
        if edit.means(card.id, card):
            count += 1
            known |= {card.id, card.story} & {*edit.articles, *edit.stories}
    return count
