"""Site settings: facts about the portal that a request does not carry."""

from dataclasses import dataclass
from datetime import tzinfo

from ranking.engine.timestamps import zone_of
from ranking.service.clients import LOOPBACK, Network, networks_of


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """Settings of the portal.

    Attributes
    ----------
    zone : tzinfo or None
        Of times that name none; None = they are refused.
    proxies : tuple of networks
        Whose word on a client's address counts.
    """

    zone: tzinfo | None = None
    proxies: tuple[Network, ...] = networks_of(LOOPBACK)


DEFAULT_SITE = SiteSettings()


def site_settings(timezone: str = "", proxies: str = LOOPBACK) -> SiteSettings:
    """Read the settings `timezone` and `proxies`.

    Raises
    ------
    ZoneError, ProxyError
        Naming the setting and the value.
    """
    return SiteSettings(zone_of(timezone), networks_of(proxies))
