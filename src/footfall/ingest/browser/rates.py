"""How much browsers may send: a key in all, and one address of it. Bounds of one process, in memory.

An address may use a quarter of its key's rate, so that nobody alone uses it up, and many shoppers may share
one, as behind a mobile carrier. It is remembered as a hash under a secret of this process that is renewed
with each UTC day, and only until its allowance is full again: that bounds how many there are at once. Of IPv6
it is the /64, because that is what one subscriber has.
"""

import secrets
import time
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import Final

ADDRESS_SHARE: Final = 0.25
BURST_S: Final = 10.0  # seconds of its rate that may come at once
LEAST_BURST: Final = 100.0
SWEEP_AT: Final = 10_000  # addresses; those whose allowance is full again are forgotten then
_DAY_S: Final = 86_400


class Allowance:
    """Events that may be sent now; it fills at `rate` a second up to `burst`."""

    __slots__ = ("burst", "filled_at", "left", "rate")

    def __init__(self, rate: float, now: float) -> None:
        self.rate = rate
        self.burst = max(rate * BURST_S, LEAST_BURST)
        self.left = self.burst
        self.filled_at = now

    def wait(self, count: int, now: float) -> float:
        """Seconds until `count` events may be sent; 0 where they may be now."""
        self.left = min(self.burst, self.left + (now - self.filled_at) * self.rate)
        self.filled_at = now
        return max(0.0, (min(count, self.burst) - self.left) / self.rate)


class Rates:
    """The allowances of all keys and addresses."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._keys: dict[str, Allowance] = {}
        self._addresses: dict[bytes, Allowance] = {}
        self._secret = secrets.token_bytes(32)
        self._day = 0

    def take(self, digest: str, rate: int, address: str, count: int) -> float:
        """Takes `count` events of the key and the address; else takes nothing and says how long to wait."""
        now = self._clock()
        key = self._keys.get(digest)
        if key is None or key.rate != rate:
            key = self._keys[digest] = Allowance(rate, now)
        wait = key.wait(count, now)
        if wait:
            return wait
        of_address = self._of(digest, address, rate * ADDRESS_SHARE, now)
        wait = of_address.wait(count, now)
        if not wait:
            key.left -= count
            of_address.left -= count
        return wait

    def _of(self, digest: str, address: str, rate: float, now: float) -> Allowance:
        day = int(time.time()) // _DAY_S
        if day != self._day:
            self._day, self._secret = day, secrets.token_bytes(32)
            self._addresses.clear()
        name = blake2b(digest.encode() + subscriber(address), key=self._secret, digest_size=16).digest()
        found = self._addresses.get(name)
        if found is None or found.rate != rate:
            if len(self._addresses) >= SWEEP_AT:
                self._addresses = {k: a for k, a in self._addresses.items() if a.wait(int(a.burst), now) > 0}
            found = self._addresses[name] = Allowance(rate, now)
        return found


def subscriber(address: str) -> bytes:
    """What tells one subscriber from another: the address, of IPv6 the /64."""
    try:
        given = ip_address(address)
    except ValueError:
        return address.encode()
    if isinstance(given, IPv6Address):
        return given.ipv4_mapped.packed if given.ipv4_mapped else given.packed[:8]
    return given.packed
