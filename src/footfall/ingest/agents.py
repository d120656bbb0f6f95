"""User agents: which kind of device and which browser a header names, and whether it is a program's.

Two lists that are renewed every month decide: uap-core's patterns (ua-parser) for browsers and devices, and
crawler-user-agents for programs. A new text costs up to a millisecond, one that came before nothing; texts
are cut, so that a hostile one costs no more. An iPad that calls itself a Mac (their default) is a desktop.
"""

import re
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

LENGTH_LIMIT: Final = 512
REMEMBERED: Final = 8_192
BOT: Final = "bot"  # the device_type of a program
_FAMILIES: Final = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Opera Mobile": "Opera",
    "IE Mobile": "IE",
}
_DESKTOPS: Final = frozenset(
    {"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD"}
)
_TV: Final = re.compile(r"\bTV\b|SMART-?TV|SmartTV|AppleTV|GoogleTV|BRAVIA|Web0S|Roku|CrKey|\bAFT[A-Z]")


class Agent(NamedTuple):
    """`device_type` is desktop, mobile, tablet, tv, bot, or empty where nobody knows; so is `browser`."""

    device_type: str
    browser: str

    @property
    def bot(self) -> bool:
        return self.device_type == BOT


def describe(user_agent: str) -> Agent:
    """What a User-Agent header says; of a program, `browser` is its name."""
    return _describe(user_agent[:LENGTH_LIMIT])


@lru_cache(maxsize=REMEMBERED)
def _describe(user_agent: str) -> Agent:
    parse, is_crawler = _libraries()
    found = parse(user_agent)
    family = found.user_agent.family if found.user_agent else ""
    device = found.device.family if found.device else ""
    browser = _FAMILIES.get(family, family)
    if device == "Spider" or is_crawler(user_agent):
        return Agent(BOT, browser)
    return Agent(_device(user_agent, found.os.family if found.os else "", device), browser)


def _device(user_agent: str, system: str, device: str) -> str:
    if _TV.search(user_agent) or system in {"tvOS", "ATV OS X", "Tizen TV"}:
        return "tv"
    if device == "iPad" or "Tablet" in user_agent:
        return "tablet"
    if system == "iOS" or "Mobi" in user_agent:
        return "mobile"
    if system == "Android":
        return "tablet"  # Android's browsers leave out "Mobile" on tablets, and on nothing else
    return "desktop" if system in _DESKTOPS else ""


@cache
def _libraries() -> tuple[Any, Any]:
    """Loaded at the first use, because it takes half a second: commands that see no user agent never do."""
    from crawleruseragents import is_crawler
    from ua_parser import parse

    return parse, is_crawler
