"""Templates: pages that a package keeps in its folder `pages`. This file alone imports jinja2."""

from collections.abc import Callable, Mapping

import jinja2


def templates_of(
    package: str, filters: Mapping[str, Callable[..., object]] = {}
) -> jinja2.Environment:
    """Load a package's templates; they escape everything, and an unknown name is an error.

    Parameters
    ----------
    package : str
    filters : mapping of str to callable
        Beyond jinja2's own.
    """
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(filters)
    return templates
