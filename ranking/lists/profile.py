"""Profiles: how lists are read out of the state; changing one touches no state.

Every parameter has a unit, a range and a meaning here, and nowhere else. A profile file is TOML
with any of these names; what it leaves out keeps its default.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(ge=300, le=2_592_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0, le=10)]
Evidence = Annotated[float, Meta(ge=0.01, le=10_000)]


class ProfileError(ValueError):
    """A parameter breaks its rule: the operator's fault."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Read-time parameters of all lists.

    Attributes
    ----------
    name : str
    half_life : float
        Popular's decay, seconds: a view weighs half after it.
    exponent : float
        Popular's power law (1 + age/half_life)^-exponent instead; 0 = off.
    window : int
        Popular by plain counts of the last so many seconds instead (whole UTC hours up to a day,
        whole days beyond); 0 = off.
    popular_evidence : float
        Decayed views of the edition at which Popular's half-life weighs as much as the four times
        longer one that it backs off to; at a quarter of them that one as much as the next; 0 = the
        half-life alone, which is what a file or draft that sets `half_life` gets unless it sets
        this too.
    landing_weight, onward_weight, ours_weight : float
        Weight of a visit's first view, of its later ones, and of those our own lists caused.
    freshness : float
        How many times an article's score halves for each day of its age; 0 = off.
    steadiness : float
        Share by which an article's score must exceed that of the one before it in a board to pass
        it; 0 = the order is that of the scores.
    cooldown : float
        Seconds that an article may stand in a board; its score halves with each further time; 0 =
        for ever.
    sibling_evidence : float
        Views of its own at which an edition weighs as much as what its stories have in the sibling
        editions of its site; 0 = nothing is borrowed.
    section_cap, author_cap : int
        At most so many items of one section or author in a list; 0 = no cap.
    trending_fast, trending_slow : float
        The two half-lives that Trending compares, seconds.
    trending_floor : float
        Views an hour below which a rise is noise.
    related_half_life : float
        Decay of the popularity that Related falls back to, seconds.
    related_evidence : float
        As `popular_evidence`, for that popularity.
    related_landing_weight : float
    slow_evidence, middle_evidence, fast_evidence, instant_evidence : float
        Co-readings at which a level of the graph weighs as much as what it backs off to.
    visit_decay : float
        For this visit: weight of a page against the one read after it.
    visit_depth : int
        For this visit: how many of the last pages are used.
    visit_wear : float
        For this visit, from its second page on: an article with the share s of the edition's views
        by the longest memory of Related's popularity counts 1 / (1 + visit_wear · s), since who
        reads on has mostly seen what has led for hours; 0 = off.
    tag_share, section_share : float
        Share of what tags and headline propose, against popularity, in what Related backs off to;
        and of what the section proposes where they propose nothing.
    diversity : float
        Related and For this visit: how much an article's likeness to those listed before it counts
        against its score (maximal marginal relevance); 0 = off.
    tag_half_life : float
        Decay of the views that weigh tags and the articles that carry them, seconds.
    tag_freshness : float
        Age in seconds at which an article's tags speak a third as loud for it; soon after it they
        fall silent.

    References
    ----------
    The constants of Popular, Related and For this visit were tuned on the whole G1 week (Moreira et
    al. 2018) and on that week thinned by visitors; no part of it was held out.
    """

    name: str = "default"
    half_life: Seconds = 300.0
    exponent: Annotated[float, Meta(ge=0, le=4)] = 0.0
    window: Annotated[int, Meta(ge=0, le=2_419_200)] = 0
    popular_evidence: Annotated[float, Meta(ge=0, le=10_000)] = 200.0
    landing_weight: Weight = 0.3
    onward_weight: Weight = 1.0
    ours_weight: Weight = 1.0
    freshness: Annotated[float, Meta(ge=0, le=24)] = 0.0
    steadiness: Share = 0.05
    cooldown: Annotated[float, Meta(ge=0, le=2_592_000)] = 0.0
    sibling_evidence: Annotated[float, Meta(ge=0, le=10_000)] = 20.0
    section_cap: Annotated[int, Meta(ge=0, le=100)] = 0
    author_cap: Annotated[int, Meta(ge=0, le=100)] = 0
    trending_fast: Seconds = 900.0
    trending_slow: Seconds = 14_400.0
    trending_floor: Annotated[float, Meta(ge=0.1, le=100_000)] = 20.0
    related_half_life: Seconds = 300.0
    related_evidence: Annotated[float, Meta(ge=0, le=10_000)] = 200.0
    related_landing_weight: Weight = 0.3
    slow_evidence: Evidence = 14.0
    middle_evidence: Evidence = 30.0
    fast_evidence: Evidence = 50.0
    instant_evidence: Evidence = 100.0
    visit_decay: Share = 0.42
    visit_depth: Annotated[int, Meta(ge=1, le=10)] = 5
    visit_wear: Annotated[float, Meta(ge=0, le=1000)] = 5.0
    tag_share: Share = 0.97
    section_share: Share = 0.3
    diversity: Share = 0.0
    tag_half_life: Seconds = 21_600.0
    tag_freshness: Seconds = 190_000.0


DEFAULT = Profile()


def profile_from(settings: dict[str, Any], base: Profile = DEFAULT) -> Profile:
    """Make a profile from some parameters and a base for the rest.

    Raises
    ------
    ProfileError
        Naming the parameter, its rule and the value.

    Examples
    --------
    >>> profile_from({"half_life": 3600}).half_life
    3600.0
    >>> profile_from({"half_life": 3600}).popular_evidence, DEFAULT.popular_evidence
    (0.0, 200.0)
    >>> profile_from({"half_life": -5})
    Traceback (most recent call last):
        ...
    ranking.lists.profile.ProfileError: half_life must be between 300 and 2592000, got -5
    """
    for name, value in settings.items():
        if name not in Profile.__struct_fields__:
            message = f"{name} is no profile parameter"
            raise ProfileError(message)
        try:
            msgspec.convert({name: value}, Profile)
        except msgspec.ValidationError as error:
            message = f"{name} must be {_rule(name)}, got {value!r}"
            raise ProfileError(message) from error
    if "half_life" in settings:
        settings = {"popular_evidence": 0.0, **settings}
    return msgspec.convert({**msgspec.structs.asdict(base), **settings}, Profile)


def read_profile(path: Path) -> Profile:
    """Read a profile from a TOML file; its name is the file's unless it says otherwise.

    Raises
    ------
    ProfileError
        If the file cannot be read or a parameter breaks its rule.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        message = f"profile {path} cannot be read: {error}"
        raise ProfileError(message) from error
    return profile_from({"name": path.stem, **settings})


def _rule(name: str) -> str:
    (field,) = (f for f in msgspec.inspect.type_info(Profile).fields if f.name == name)  # type: ignore[attr-defined]
    kind = field.type
    if isinstance(kind, msgspec.inspect.FloatType | msgspec.inspect.IntType):
        return f"between {kind.ge} and {kind.le}"
    return "text"
