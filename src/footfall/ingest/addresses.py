"""Addresses of clients in the texts of items: taken out before a text is kept, or stands for an item's id.

`client_ip` of an event, `context.ip` of Segment, and the usual other names, where the value looks like an
address. A hash of a text with its address would be no better: there are few enough addresses to try them all.
"""

import re
from typing import Final

_NAMES: Final = (b'ip"', b'ip_address"', b'ipAddress"')
_ADDRESS: Final = re.compile(
    rb'("(?:client_ip|ip|ip_address|ipAddress)"\s*:\s*")[0-9a-fA-F]*[.:][0-9a-fA-F.:]*'
)


def without_addresses(raw: bytes) -> bytes:
    """The text with its addresses emptied; cut anywhere, it holds no part of one."""
    return _ADDRESS.sub(rb"\1", raw) if any(name in raw for name in _NAMES) else raw
