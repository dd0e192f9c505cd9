"""Profile: the parameters that read lists out of the state; a change touches no state.

A profile file is TOML with any of these names; what it leaves out keeps its default. One of a
newer `format` is refused whole.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ranking.engine.parameters import EXTENSIONS, FIELDS
from ranking.engine.quotation import quoted, suggestion

FORMAT = 1
"""Of profile files."""
Seconds = Annotated[float, Meta(ge=300, le=2_592_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(ge=0, le=10)]
Evidence = Annotated[float, Meta(ge=0.01, le=10_000)]


class ProfileError(ValueError):
    """A parameter breaks its rule: the operator's fault."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Read-time parameters of all lists; `parameters` says what each does.

    References
    ----------
    The constants of Popular, Related and For this visit were tuned on the whole G1 week (Moreira et
    al. 2018) and on that week thinned by visitors; no part of it was held out.
    """

    name: str = "default"
    half_life: Seconds = 300.0
    exponent: Annotated[float, Meta(ge=0, le=4)] = 0.0
    mix_share: Share = 0.0
    mix_half_life: Seconds = 86_400.0
    window: Annotated[int, Meta(ge=0, le=2_419_200)] = 0
    popular_evidence: Annotated[float, Meta(ge=0, le=10_000)] = 200.0
    landing_weight: Weight = 0.3
    onward_weight: Weight = 1.0
    ours_weight: Weight = 1.0
    freshness: Annotated[float, Meta(ge=0, le=24)] = 0.0
    steadiness: Share = 0.05
    cooldown: Annotated[float, Meta(ge=0, le=2_592_000)] = 0.0
    sibling_evidence: Annotated[float, Meta(ge=0, le=10_000)] = 20.0
    exposure: Annotated[float, Meta(ge=0, le=0.2)] = 0.0
    exposure_hours: Annotated[float, Meta(ge=0.1, le=72)] = 6.0
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
    refresh: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    visit_decay: Share = 0.42
    visit_depth: Annotated[int, Meta(ge=1, le=10)] = 5
    visit_wear: Annotated[float, Meta(ge=0, le=1000)] = 5.0
    tag_share: Share = 0.97
    section_share: Share = 0.3
    diversity: Share = 0.0
    tag_half_life: Seconds = 21_600.0
    tag_freshness: Seconds = 190_000.0
    more: tuple[tuple[str, float], ...] = ()

    def value(self, name: str) -> float:
        """The value of a parameter, be it a field or one that an extension declares.

        Raises
        ------
        KeyError
            If nothing declares it.
        """
        if name in FIELDS:
            return float(getattr(self, name))
        for own, value in self.more:
            if own == name:
                return value
        return EXTENSIONS[name].default


DEFAULT = Profile()
FIELDS.update(set(Profile.__struct_fields__) - {"name", "more"})


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
    ranking.profiles.profile.ProfileError: half_life must be between 300 and 2592000, got -5
    """
    fields: dict[str, Any] = msgspec.structs.asdict(base)
    more = dict(base.more)
    for name, value in settings.items():
        if name in EXTENSIONS:
            more[name] = _extension_value(name, value)
            continue
        if name not in FIELDS and name != "name":
            message = f"{name} is no profile parameter{suggestion(name, parameter_names())}"
            raise ProfileError(message)
        try:
            msgspec.convert({name: value}, Profile)
        except msgspec.ValidationError as error:
            message = f"{name} must be {_rule(name)}, got {quoted(value)}"
            raise ProfileError(message) from error
        fields[name] = value
    if "half_life" in settings and "popular_evidence" not in settings:
        fields["popular_evidence"] = 0.0
    return msgspec.convert({**fields, "more": tuple(sorted(more.items()))}, Profile)


def parameter_names() -> tuple[str, ...]:
    """Names that a profile may set: those that ship, then those of extensions."""
    fields = (name for name in Profile.__struct_fields__ if name in FIELDS)
    return (*fields, *EXTENSIONS.names())


def settings_of(profile: Profile) -> dict[str, Any]:
    """Name and value of all parameters, as one flat object; extensions' follow the fields."""
    values: dict[str, Any] = msgspec.to_builtins(profile)
    values.pop("more")
    return values | {name: profile.value(name) for name in EXTENSIONS.names()}


def known_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some stored settings that this process knows: an extension may be gone."""
    known = {"name", *parameter_names()}
    return {name: value for name, value in settings.items() if name in known}


def _extension_value(name: str, value: object) -> float:
    parameter = EXTENSIONS[name]
    if not parameter.allows(value):
        rule = f"between {parameter.least:g} and {parameter.most:g}"
        rule += " and whole" if parameter.kind == "integer" else ""
        message = f"{name} must be {rule}, got {quoted(value)}"
        raise ProfileError(message)
    assert isinstance(value, int | float)
    return float(value)


def read_profile(path: Path) -> Profile:
    """Read a profile from a TOML file; its name is the file's unless it says otherwise.

    Raises
    ------
    ProfileError
        If the file cannot be read or a parameter breaks its rule.
    """
    return profile_from({"name": path.stem, **read_changes(path)})


def read_changes(path: Path) -> dict[str, Any]:
    """Read the parameters that a profile file sets.

    Raises
    ------
    ProfileError
        If the file cannot be read, or is of a newer format.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"file {path} does not exist"
        raise ProfileError(message) from error
    except UnicodeDecodeError as error:
        message = f"profile {path} cannot be read: byte {error.start} is not UTF-8"
        raise ProfileError(message) from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        message = f"profile {path} cannot be read: {reason}"
        raise ProfileError(message) from error
    newer = settings.pop("format", FORMAT)
    if newer != FORMAT:
        message = f"profile {path}: format must be {FORMAT}, got {quoted(newer)}; upgrade tolqyn"
        raise ProfileError(message)
    return settings


def json_of(profile: Profile) -> str:
    """Write a whole profile as JSON."""
    return msgspec.json.encode(profile).decode()


def profile_of_json(text: str) -> Profile:
    """Read a whole profile.

    Raises
    ------
    ProfileError
        If it is none.
    """
    try:
        return msgspec.json.decode(text, type=Profile)
    except msgspec.ValidationError as error:
        raise ProfileError(str(error)) from error


def _rule(name: str) -> str:
    (field,) = (f for f in msgspec.inspect.type_info(Profile).fields if f.name == name)  # type: ignore[attr-defined]
    kind = field.type
    if isinstance(kind, msgspec.inspect.FloatType | msgspec.inspect.IntType):
        return f"between {kind.ge} and {kind.le}"
    return "text"
