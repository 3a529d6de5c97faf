"""Who may act through the control plane: programs, and pages of this simulator; never another page in a browser.

The control plane has no authentication, so a page of the open web must not be able to use the browser of somebody who
runs a simulator: not by posting across origins, and not by a domain name that it lets point to this machine.
"""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from cartoncloud_simulator.rules.refusals import plain

_READING = ("GET", "HEAD", "OPTIONS")
_OWN_FETCHES = ("same-origin", "none")
# Names with no dot, and those below these, can be registered by nobody outside.
_PRIVATE_DOMAINS = ("localhost", "local", "internal", "test")


def check_caller(method: str, headers: Mapping[str, str], *, has_body: bool) -> None:
    """Refuses what only a foreign page would send."""
    host = headers.get("host", "")
    if not _is_private(host):
        raise plain(403, "The control plane answers to addresses and private names only, not to a public domain name")
    if method in _READING:
        return
    origin = headers.get("origin")
    if headers.get("sec-fetch-site", "none") not in _OWN_FETCHES or (origin and urlsplit(origin).netloc != host):
        raise plain(403, "The control plane takes no requests from pages of another origin")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if has_body and kind != "application/json":
        raise plain(415, "The control plane reads application/json only")


def _is_private(host: str) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.rpartition(".")[2] in _PRIVATE_DOMAINS
    return True
