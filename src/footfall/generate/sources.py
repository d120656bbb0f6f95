"""Where shoppers come from: referrers and campaigns, for browsers and for those who are about to buy."""

from typing import Final, NamedTuple

from footfall.generate.columns import F64, cumulative


class Source(NamedTuple):
    """UTM source, medium and campaign, the referring page, and shares among browsers and buyers."""

    utm_source: str
    utm_medium: str
    utm_campaign: str
    referrer: str
    browsers: float
    buyers: float


SOURCES: Final = (
    Source("", "", "", "", 30, 38),
    Source("", "", "", "https://www.google.com/", 24, 17),
    Source("", "", "", "https://www.bing.com/", 3, 2),
    Source("", "", "", "https://duckduckgo.com/", 2, 1.5),
    Source("google", "cpc", "brand", "https://www.google.com/", 6, 9),
    Source("google", "cpc", "shopping", "https://www.google.com/", 7, 7),
    Source("bing", "cpc", "shopping", "https://www.bing.com/", 1.5, 1.5),
    Source("instagram", "social", "lookbook", "https://l.instagram.com/", 6, 2),
    Source("facebook", "paid_social", "retargeting", "https://l.facebook.com/", 4, 3),
    Source("tiktok", "paid_social", "creators", "https://www.tiktok.com/", 5, 1),
    Source("pinterest", "social", "lookbook", "https://www.pinterest.com/", 2.5, 1),
    Source("newsletter", "email", "weekly", "", 4, 9),
    Source("newsletter", "email", "back_in_stock", "", 1, 4),
    Source("partner", "affiliate", "reviews", "https://reviews.example/", 2, 2.5),
    Source("", "", "", "https://news.example/gift-guide", 2, 1.5),
)
NO_SOURCE: Final = 0

BROWSERS: Final[F64] = cumulative([source.browsers for source in SOURCES])
BUYERS: Final[F64] = cumulative([source.buyers for source in SOURCES])
