"""Where shoppers live and what they browse with.

Weights are relative shares. `ios` is how much likelier than elsewhere a shopper there uses Apple's phones
and tablets. A device row is a combination that exists: Safari runs on Apple's systems only, Samsung
Internet on Android only.
"""

from typing import Final, NamedTuple

import numpy as np

from footfall.generate.columns import F64


class Place(NamedTuple):
    """A country as stored (UK, not GB), with its share of shoppers and its clock."""

    code: str
    weight: float
    zone: str
    ios: float


class Device(NamedTuple):
    """What a shopper holds: device type, operating system, browser."""

    type: str
    os: str
    browser: str
    weight: float


PLACES: Final = (
    Place("US", 30.0, "America/Chicago", 1.5),
    Place("UK", 13.0, "Europe/London", 1.3),
    Place("DE", 11.0, "Europe/Berlin", 0.9),
    Place("FR", 7.0, "Europe/Paris", 0.9),
    Place("IN", 5.5, "Asia/Kolkata", 0.15),
    Place("CA", 5.0, "America/Toronto", 1.4),
    Place("JP", 5.0, "Asia/Tokyo", 1.9),
    Place("AU", 4.0, "Australia/Sydney", 1.4),
    Place("BR", 3.5, "America/Sao_Paulo", 0.3),
    Place("ES", 2.6, "Europe/Madrid", 0.5),
    Place("IT", 2.6, "Europe/Rome", 0.7),
    Place("NL", 2.4, "Europe/Amsterdam", 0.9),
    Place("SE", 1.3, "Europe/Stockholm", 1.2),
    Place("CH", 1.2, "Europe/Zurich", 1.3),
    Place("PL", 1.2, "Europe/Warsaw", 0.3),
    Place("AT", 1.0, "Europe/Vienna", 0.9),
    Place("BE", 0.9, "Europe/Brussels", 0.9),
    Place("KR", 0.9, "Asia/Seoul", 0.7),
    Place("MX", 0.9, "America/Mexico_City", 0.5),
    Place("IE", 0.8, "Europe/Dublin", 1.1),
    Place("DK", 0.7, "Europe/Copenhagen", 1.4),
    Place("NO", 0.7, "Europe/Oslo", 1.3),
    Place("SG", 0.6, "Asia/Singapore", 1.1),
    Place("AE", 0.5, "Asia/Dubai", 0.9),
    Place("FI", 0.5, "Europe/Helsinki", 0.8),
    Place("PT", 0.5, "Europe/Lisbon", 0.6),
    Place("NZ", 0.4, "Pacific/Auckland", 1.2),
    Place("ZA", 0.3, "Africa/Johannesburg", 0.3),
)

# The first row is a server of the shop, which has neither: refunds are entered in the back office.
DEVICES: Final = (
    Device("", "", "", 0.0),
    Device("mobile", "iOS", "Safari", 24.0),
    Device("mobile", "iOS", "Chrome", 3.0),
    Device("mobile", "Android", "Chrome", 25.0),
    Device("mobile", "Android", "Samsung Internet", 4.0),
    Device("mobile", "Android", "Firefox", 0.8),
    Device("tablet", "iPadOS", "Safari", 3.2),
    Device("tablet", "Android", "Chrome", 1.2),
    Device("desktop", "Windows", "Chrome", 17.0),
    Device("desktop", "Windows", "Edge", 7.0),
    Device("desktop", "Windows", "Firefox", 2.6),
    Device("desktop", "macOS", "Safari", 5.5),
    Device("desktop", "macOS", "Chrome", 4.8),
    Device("desktop", "macOS", "Firefox", 0.7),
    Device("desktop", "Linux", "Firefox", 0.7),
    Device("desktop", "Linux", "Chrome", 0.7),
)
SERVER: Final = 0
APPLE: Final = ("iOS", "iPadOS", "macOS")


def device_shares() -> F64:
    """Cumulative share of each device in each place: [place, device]."""
    shares = np.array(
        [[d.weight * (p.ios if d.os in APPLE else 1.0) for d in DEVICES] for p in PLACES], np.float64
    )
    return np.asarray(np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1))
