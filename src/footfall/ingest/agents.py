"""User agents: which kind of device and which browser a header names, and whether it is a program's.

Two lists that are renewed every month decide: uap-core's (ua-parser) for browsers and systems, and
crawler-user-agents beside uap-core's own for programs. Both run in ua-parser's compiled matcher, whose time
grows with a text's length and no faster, whatever a hostile sender writes: a new text costs about 0.1 ms, one
that came before nothing. An iPad that calls itself a Mac (their default) is a desktop.
"""

import re
from collections.abc import Callable
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
# Native apps name the library that speaks HTTP for them; lists of programs call some of these bots.
_APP: Final = re.compile(r"^(?:okhttp|Dalvik|Dart)/|\bCFNetwork/|\bAlamofire/")
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
    parse, is_program = _matchers()
    found = parse(user_agent)
    family = found.user_agent.family if found.user_agent else ""
    browser = _FAMILIES.get(family, family)
    if _APP.search(user_agent):
        return Agent("mobile", browser)
    if (found.device and found.device.family == "Spider") or is_program(user_agent):
        return Agent(BOT, browser)
    return Agent(_device(user_agent, found.os.family if found.os else ""), browser)


def _device(user_agent: str, system: str) -> str:
    if _TV.search(user_agent) or system in {"tvOS", "ATV OS X", "Tizen TV"}:
        return "tv"
    if "iPad" in user_agent or "Tablet" in user_agent:
        return "tablet"
    if system == "iOS" or "Mobi" in user_agent:
        return "mobile"
    if system == "Android":
        return "tablet"  # Android's browsers leave out "Mobile" on tablets, and on nothing else
    return "desktop" if system in _DESKTOPS else ""


@cache
def _matchers() -> tuple[Callable[[str], Any], Callable[[str], bool]]:
    """What says of a text what it is, and whether it is a program's. Loaded at the first use, which takes a
    second and 30 MB: a command that sees no user agent never does."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA
    from ua_parser import Domain, load_lazy_builtins
    from ua_parser.core import Matcher, UserAgent
    from ua_parser.matchers import UserAgentMatcher
    from ua_parser.regex import Resolver

    listed: list[Matcher[UserAgent]] = [
        UserAgentMatcher(entry["pattern"], BOT) for entry in CRAWLER_USER_AGENTS_DATA
    ]
    programs = Resolver((listed, [], []))
    everything = Resolver(load_lazy_builtins())
    return (
        lambda text: everything(text, Domain.ALL),
        lambda text: programs(text, Domain.USER_AGENT).user_agent is not None,
    )
