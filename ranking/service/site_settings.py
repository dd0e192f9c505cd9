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
        Applied to times without a zone; None = such times are refused.
    proxies : tuple of networks
        Proxies whose header names the client's address.
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
