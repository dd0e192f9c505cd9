"""Parameters: a sentence and a unit for each parameter; ranges are in `Profile`."""

from typing import NamedTuple

import msgspec

from ranking.engine.parameters import EXTENSIONS, FIELDS, Parameter
from ranking.profiles.profile import Profile

VIEWS, SECONDS, SHARE, TIMES, ITEMS = "views", "s", "share", "times", "items"


class _Entry(NamedTuple):
    group: str
    unit: str
    text: str


DESCRIPTIONS = {
    "half_life": _Entry("popular", SECONDS, "Popular's decay: a view weighs half after so long."),
    "exponent": _Entry(
        "popular", "", "Decay by a power law, (1 + age/half_life)^-exponent, instead; 0 = off."
    ),
    "mix_share": _Entry(
        "popular", SHARE,
        "Share of a second half-life in the decay; half_life has the rest; 0 = off. While it is on,"
        " popular_evidence does nothing.",
    ),
    "mix_half_life": _Entry("popular", SECONDS, "The second half-life of a mix."),
    "window": _Entry(
        "popular", SECONDS,
        "Plain counts of the last so many seconds instead (whole UTC hours up to a day, whole days"
        " beyond); 0 = off.",
    ),
    "popular_evidence": _Entry(
        "popular", VIEWS,
        "Decayed views of the edition at which Popular's half-life weighs as much as the four times"
        " longer one that it backs off to; 0 = the half-life alone, which is what a profile that"
        " sets half_life gets unless it sets this too.",
    ),
    "landing_weight": _Entry("popular", TIMES, "Weight of a visit's first view."),
    "onward_weight": _Entry("popular", TIMES, "Weight of a visit's later views."),
    "ours_weight": _Entry("popular", TIMES, "Weight of views that our own lists caused."),
    "freshness": _Entry(
        "popular", "per day",
        "How often an article's score halves for each day of its age; 0 = off.",
    ),
    "steadiness": _Entry(
        "popular", SHARE,
        "An article must exceed the one before it by so much to pass it; 0 = the order is that of"
        " the scores.",
    ),
    "cooldown": _Entry(
        "popular", SECONDS,
        "How long an article may be in a board before its score halves; it halves again after each"
        " further such time; 0 = off.",
    ),
    "sibling_evidence": _Entry(
        "popular", VIEWS,
        "Views of its own at which an edition weighs as much as what its stories have in the"
        " sibling editions of its site; 0 = no sibling prior.",
    ),
    "exposure": _Entry(
        "popular", SHARE,
        "Share of the first five places that articles just published get, read or not: the fifth"
        " one in so many minutes of all as give it; they are marked as exposed; 0 = off.",
    ),
    "exposure_hours": _Entry(
        "popular", "h", "For how long after its publication an article is exposed so."
    ),
    "section_cap": _Entry("all", ITEMS, "At most so many items of one section; 0 = no cap."),
    "author_cap": _Entry("all", ITEMS, "At most so many items of one author; 0 = no cap."),
    "trending_fast": _Entry("trending", SECONDS, "The shorter half-life that Trending compares."),
    "trending_slow": _Entry("trending", SECONDS, "The longer half-life that Trending compares."),
    "trending_floor": _Entry("trending", "views/h", "Views an hour below which a rise is noise."),
    "related_half_life": _Entry(
        "related", SECONDS, "Decay of the popularity that Related backs off to."
    ),
    "related_evidence": _Entry("related", VIEWS, "As popular_evidence, for that popularity."),
    "related_landing_weight": _Entry("related", TIMES, "As landing_weight, for that popularity."),
    "slow_evidence": _Entry(
        "related", "co-readings",
        "At how many of them 12.8 hours of co-reading weigh as much as what they back off to.",
    ),
    "middle_evidence": _Entry(
        "related", "co-readings", "The same for 96 minutes of co-reading."
    ),
    "fast_evidence": _Entry("related", "co-readings", "The same for 10 minutes of co-reading."),
    "instant_evidence": _Entry("related", "co-readings", "The same for 5 minutes of co-reading."),
    "refresh": _Entry(
        "related", SECONDS,
        "For how long pages show a list before they ask again: co-reading that will have faded by"
        " then is trusted less. 0 = they ask every time.",
    ),
    "visit_decay": _Entry(
        "foryou", SHARE, "Weight of a page against the one read after it."
    ),
    "visit_depth": _Entry("foryou", "pages", "How many of the last pages are used."),
    "visit_wear": _Entry(
        "foryou", TIMES,
        "From a visit's second page on, the score of an article with the share s of long-term views"
        " is multiplied by 1/(1 + visit_wear·s): the reader has seen the leaders; 0 = off.",
    ),
    "tag_share": _Entry(
        "related", SHARE,
        "Weight of the shares by tags and headline, against popularity, where Related begins its"
        " back-off.",
    ),
    "section_share": _Entry(
        "related", SHARE, "Weight of the shares by section, where tags and headline give none."
    ),
    "diversity": _Entry(
        "related", SHARE,
        "How much an article's likeness to those listed before it counts against its score; 0 ="
        " off.",
    ),
    "tag_half_life": _Entry("related", SECONDS, "Decay of the views that weigh tags."),
    "tag_freshness": _Entry(
        "related", SECONDS,
        "Age at which an article's tags have a third of their weight; soon after they have none.",
    ),
}  # fmt: skip


def parameters() -> list[Parameter]:
    """All parameters of a profile but its name.

    Examples
    --------
    >>> parameters()[0].name, parameters()[0].least, parameters()[0].most
    ('half_life', 300.0, 2592000.0)
    """
    found = []
    for field in msgspec.inspect.type_info(Profile).fields:  # type: ignore[attr-defined]
        if field.name not in FIELDS:
            continue
        described, is_whole = (
            DESCRIPTIONS[field.name],
            isinstance(field.type, msgspec.inspect.IntType),
        )
        found.append(
            Parameter(
                field.name, "integer" if is_whole else "number", described.unit,
                float(field.type.ge), float(field.type.le), float(field.default),
                described.group, described.text,
            )
        )  # fmt: skip
    return [*found, *EXTENSIONS]
