"""What overrides mean in every edition, by keys of sections and by stories of several editions."""

import random
from typing import Any

import msgspec
import pytest

from ranking.content.cards import Card
from ranking.content.catalogue import Catalogue
from ranking.content.edition_mapping import corresponding
from ranking.settings_log.override_reach import Reached, merged, reached
from ranking.settings_log.overrides import OverrideError, ended, override_of

EN, RU, KK = "paper/en", "paper/ru", "paper/kk"
NAMES = {
    EN: {"culture": "Culture", "sport": "Sport", "law": "Law"},
    RU: {"culture": "Культура", "sport": "Спорт", "law": "Право"},
    KK: {"culture": "Мәдениет", "sport": "Спорт", "law": "Құқық"},
}
CONCERT = {EN: "concert", RU: "концерт", KK: "концерт"}


def catalogue_of(cards: list[Card]) -> Catalogue:
    """Cards of a portal."""
    made = Catalogue()
    for card in cards:
        made.put(card)
    return made


def portal(seed: int, *, shared: float = 0.5, keys: bool = False) -> list[Card]:
    """Three editions that share a part of their stories; a tenth stands in another section."""
    drawn, cards = random.Random(seed), []
    for number in range(90):
        section = drawn.choice(["culture", "sport", "law"])
        for edition, names in NAMES.items():
            own = drawn.choice(list(names)) if drawn.random() < 0.1 else section
            is_concert = section == "culture" and number % 3 == 0
            tags = (CONCERT[edition],) if is_concert else (f"{edition} {number % 7}",)
            story = f"s{number}" if drawn.random() < shared else ""
            cards.append(
                Card(
                    edition, f"{edition} {number}", section=names[own], tags=tags, story=story,
                    section_key=own if keys else "",
                )
            )  # fmt: skip
    return cards


def meant(cards: list[Card], **body: Any) -> Reached:
    """What an override means; an article is viewed if its id says so."""
    act = override_of({"action": "bury", **body})
    editions = [EN, RU, KK, "other/en"]
    return reached(act, catalogue_of(cards), editions, lambda _, article: article == "viewed")


@pytest.mark.parametrize("name", [names["culture"] for names in NAMES.values()])
@pytest.mark.parametrize("seed", range(5))
def test_a_section_of_any_language_is_that_section_in_every_edition(seed: int, name: str) -> None:
    cards = portal(seed)
    told = meant(cards, edition="paper/*", sections=[name])
    for edition, names in NAMES.items():
        count = sum(c.edition == edition and c.section == names["culture"] for c in cards)
        assert told.editions[edition] == count > 0
    assert "other/en" not in told.editions


@pytest.mark.parametrize("seed", range(5))
def test_a_key_needs_no_story(seed: int) -> None:
    cards = portal(seed, shared=0.0, keys=True)
    told = meant(cards, sections=["Культура"])
    assert told.section_keys == ["culture"]
    for edition in NAMES:
        count = sum(c.edition == edition and c.section_key == "culture" for c in cards)
        assert told.editions[edition] == count > 0
    assert meant(cards, sections=["culture"]).editions[KK] == told.editions[KK]


def test_without_stories_or_keys_it_is_told_that_nothing_is_meant() -> None:
    told = meant(portal(1, shared=0.0), sections=["Culture"], tags=["concert"])
    assert told.editions[EN] > 0
    assert (told.editions[RU], told.editions[KK], told.editions["other/en"]) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_tag_is_the_tag_that_most_of_its_stories_bear(seed: int) -> None:
    told = meant(portal(seed), edition="paper/*", tags=["Concert"])
    assert {edition: its.tags for edition, its in told.elsewhere.items()} == {
        RU: ["концерт"], KK: ["концерт"],
    }  # fmt: skip


@pytest.mark.parametrize("language", ["kk-Latn", "tr", "az"])
@pytest.mark.parametrize("asked", ["ЗИМА", "QIS", "qıs"])
def test_a_tag_with_i_is_found_by_the_case_of_its_language(language: str, asked: str) -> None:
    """From either side: dotless as the edition's language has it."""
    turkic, cards = f"paper/{language}", []
    for number in range(4):
        tags = {RU: "зима" if number % 2 else "лето", turkic: "QIS" if number % 2 else "JAZ"}
        cards += [
            Card(edition, f"{edition} {number}", tags=(tag,), story=f"s{number}")
            for edition, tag in tags.items()
        ]
    act = override_of({"action": "bury", "edition": "paper/*", "tags": [asked]})
    order = reached(act, catalogue_of(cards), [RU, turkic], lambda *_: False).completed(act)
    its = [c for c in cards if order.scoped_edit().of(c.edition).means(c.id, c)]
    assert sorted(card.tags[0] for card in its) == ["QIS", "QIS", "зима", "зима"]


def test_one_story_in_the_wrong_section_moves_nothing() -> None:
    cards = [
        Card(edition, f"{k}", section=NAMES[edition]["culture"], story=f"s{k}")
        for edition in (EN, RU)
        for k in range(5)
    ]
    odd = [
        Card(EN, "odd", section="Culture", story="odd"),
        Card(RU, "odd", section="Разное", story="odd"),
    ]
    found = corresponding([*cards, *odd], {"Culture"}, set())
    assert found.sections == {RU: {"Культура"}}


def test_a_part_of_a_section_is_meant_with_it_and_not_the_other_way() -> None:
    cards = []
    for k in range(12):
        cards += [
            Card(RU, f"{k}", section="Культура", story=f"s{k}"),
            Card(EN, f"{k}", section=("Music", "Theatre")[k % 2], story=f"s{k}"),
        ]
    assert corresponding(cards, {"Культура"}, set()).sections == {EN: {"Music", "Theatre"}}
    assert corresponding(cards, {"Music"}, set()).sections == {}


def test_several_tags_of_one_story_are_not_taken_for_one_another() -> None:
    cards = [
        Card(EN, "1", tags=("opera", "astana"), story="s"),
        Card(RU, "1", tags=("опера", "астана"), story="s"),
    ]
    assert corresponding(cards, set(), {"opera"}).tags == {}


def test_lists_follow_what_was_found() -> None:
    cards = portal(3)
    act = override_of({"action": "bury", "edition": "paper/*", "sections": ["Culture"]})
    found = reached(act, catalogue_of(cards), [EN, RU, KK], lambda *_: False).completed(act)
    again = override_of(msgspec.to_builtins(found))
    for edition in (RU, KK):
        edit = again.scoped_edit().of(edition)
        for card in cards:
            if card.edition == edition:
                assert edit.means(card.id, card) == (card.section == NAMES[edition]["culture"])


def test_who_is_known() -> None:
    cards = [Card(EN, "carded", story="told")]
    told = meant(cards, articles=["carded", "viewed", "nobody"], stories=["told", "untold"])
    assert told.known == ["carded", "viewed", "told"]
    elsewhere = meant(cards, edition=RU, articles=["carded", "viewed"])
    assert elsewhere.known == ["viewed"]
    assert merged([told, elsewhere]).editions == told.editions | elsewhere.editions


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ({"action": "bury"}, 8_200.0),
        ({"action": "boost", "start": 5000.0}, 12_200.0),
        ({"action": "block"}, None),
        ({"action": "block", "end": 9e9}, 9e9),
        ({"action": "bury", "end": 604_900.0}, 604_900.0),
        ({"action": "bury", "end": 900.0}, "end must be in the future, got 1970-01-01T00:15:00"),
        ({"action": "bury", "end": 700_000.0}, "must end within 7d of its start, got 8.1d"),
        ({"action": "boost", "start": 9e5, "end": 1e6}, 1e6),
    ],
)
def test_every_new_act_ends_but_blocks(body: dict[str, Any], end: float | str | None) -> None:
    act = override_of({"tags": ["rain"], **body})
    if isinstance(end, str):
        with pytest.raises(OverrideError, match=end):
            ended(act, 1000.0)
    else:
        assert ended(act, 1000.0).end == end


def test_a_record_without_an_end_is_still_read() -> None:
    act = override_of({"action": "pin", "articles": ["a"], "slot": 3})
    assert act.end is None
    assert act.holds(1e12)
