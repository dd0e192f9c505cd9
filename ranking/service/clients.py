"""Clients: the sender's address, and whether a person sees the answer."""

import re
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from starlette.requests import Request

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LOOPBACK = "127.0.0.0/8,::1"
_FOR = re.compile(r'(?:^|[;,])\s*for\s*=\s*(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)
_PURPOSES = ("sec-purpose", "purpose", "x-moz", "x-purpose")
_SPECULATIVE = re.compile(r"\b(prefetch|prerender|preview|instant)\b", re.IGNORECASE)


class ProxyError(ValueError):
    """The setting `proxies` names no network: the operator's fault."""


def networks_of(text: str) -> tuple[Network, ...]:
    """Networks of the setting `proxies`, separated by commas.

    Raises
    ------
    ProxyError

    Examples
    --------
    >>> networks_of("127.0.0.0/8, ::1")
    (IPv4Network('127.0.0.0/8'), IPv6Network('::1/128'))
    """
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        message = f"proxies must be addresses or networks such as 10.0.0.0/8, got {text!r}: {error}"
        raise ProxyError(message) from error


def address_of(request: Request, proxies: Sequence[Network]) -> str:
    """Address of the client: the peer's, or the one that listed proxies name.

    The list that proxies append to is read from its end, as long as each address is a listed
    proxy's. `X-Forwarded-For` counts before `Forwarded` (RFC 7239).
    """
    address = request.client.host if request.client else ""
    for named in reversed(_forwarded(request)):
        if not _is_listed(address, proxies) or not (known := _plain(named)):
            return address
        address = known
    return address


def is_speculative(request: Request) -> bool:
    """Say whether a browser asks ahead of time, so that nobody may ever look."""
    return any(_SPECULATIVE.search(request.headers.get(name, "")) for name in _PURPOSES)


def _forwarded(request: Request) -> list[str]:
    if lines := request.headers.getlist("x-forwarded-for"):
        return ",".join(lines).split(",")
    lines = request.headers.getlist("forwarded")
    return [quoted or plain for quoted, plain in _FOR.findall(",".join(lines))]


def _is_listed(address: str, proxies: Sequence[Network]) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(_unmapped(known) in network for network in proxies)


def _unmapped(address: Address) -> Address:
    """The IPv4 address that one of IPv6 stands for, if it does (RFC 4291, section 2.5.5.2)."""
    return getattr(address, "ipv4_mapped", None) or address


def _plain(named: str) -> str:
    """An address without brackets and port; empty if it is none, such as `unknown`."""
    text = named.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(_unmapped(ip_address(text)))
    except ValueError:
        return ""
