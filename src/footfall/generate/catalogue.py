"""What the shop sells: products with names, prices and a long-tailed popularity, pages and search terms.

The same seed and number of products give the same catalogue. Product ids count from 1; popularity follows
Zipf's law over a shuffled order, so that bestsellers are spread over ids and categories. Prices are in cents.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from footfall.generate.columns import F64, I64, Ints, Rng, choose, cumulative, rng

HOST: Final = "https://shop.example"
_CATALOGUE_SEED: Final = 101
_ZIPF_EXPONENT: Final = 0.9
_TYPICAL_SPREAD: Final = 0.55


_COLOURS: Final = ("black", "white", "navy", "sand", "olive", "rust", "grey", "sky", "rose", "mustard")
_AMOUNTS: Final = ("30 ml", "50 ml", "100 ml", "250 ml", "refill", "travel size")
_AGES: Final = ("from 1 year", "from 3 years", "from 6 years", "from 8 years", "from 12 years")
_BINDINGS: Final = ("paperback", "hardback", "large print", "illustrated")


class Category(NamedTuple):
    """A category with what its products are called and what one typically costs, in cents."""

    name: str
    weight: float
    typical_cents: int
    nouns: tuple[str, ...]
    variants: tuple[str, ...] = _COLOURS


CATEGORIES: Final = (
    Category("Clothing", 18, 3_900, ("T-shirt", "Jeans", "Jumper", "Jacket", "Dress", "Shirt", "Skirt")),
    Category("Shoes", 10, 7_900, ("Trainers", "Boots", "Sandals", "Loafers", "Running shoes")),
    Category("Electronics", 12, 12_900, ("Headphones", "Speaker", "Keyboard", "Webcam", "Charger", "Tablet")),
    Category("Home", 12, 3_400, ("Lamp", "Cushion", "Rug", "Vase", "Blanket", "Mirror", "Shelf")),
    Category("Kitchen", 10, 2_900, ("Pan", "Kettle", "Knife", "Mug", "Toaster", "Chopping board")),
    Category("Beauty", 10, 1_900, ("Face cream", "Shampoo", "Lip balm", "Serum", "Perfume"), _AMOUNTS),
    Category("Sports", 8, 4_500, ("Yoga mat", "Dumbbell", "Bottle", "Backpack", "Bicycle helmet")),
    Category("Toys", 7, 2_400, ("Puzzle", "Building set", "Teddy bear", "Board game", "Train set"), _AGES),
    Category("Books", 6, 1_500, ("Novel", "Cookbook", "Atlas", "Picture book", "Biography"), _BINDINGS),
    Category("Garden", 4, 3_200, ("Planter", "Hose", "Shears", "Bench", "Bird house")),
    Category("Pets", 3, 1_800, ("Dog bed", "Cat tree", "Lead", "Food bowl")),
)
_BRANDS: Final = (
    *("Alder", "Birch & Co", "Corvid", "Dovetail", "Ember", "Fjord", "Gable", "Harbour", "Inlet", "Juniper"),
    *("Kestrel", "Lumen", "Marlow", "Northway", "Oakline", "Pebble", "Quill", "Rowan", "Sable", "Tern"),
)
_STYLES: Final = (
    *("Classic", "Light", "Everyday", "Compact", "Soft", "Bold", "Original", "Studio", "Urban", "Alpine"),
    *("Coastal", "Vintage", "Pro", "Mini", "Large", "Organic", "Recycled", "Slim", "Warm", "Quiet"),
)

NO_PAGE, HOME_PAGE, CART_PAGE, LOGIN_PAGE, SIGNUP_PAGE, CHECKOUT_PAGE, THANKS_PAGE, ACCOUNT_PAGE = range(8)
_PAGES: Final = ("/", "/cart", "/login", "/signup", "/checkout", "/checkout/complete", "/account/orders")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products in columns, position 0 is product 1; `urls` holds pages, categories, searches, products."""

    names: list[str]
    category: I64
    brand: I64
    price: I64
    popularity: F64
    terms: list[str]
    urls: list[str]

    def __len__(self) -> int:
        return len(self.names)

    def pick(self, chance: F64) -> I64:
        """A product id for each number in [0, 1), popular ones more often."""
        return choose(self.popularity, chance) + 1

    def category_page(self, product: Ints) -> Ints:
        """Position in `urls` of the page of each product's category."""
        return np.asarray(len(_PAGES) + 1 + self.category[product - 1])

    def search_page(self, term: Ints) -> Ints:
        """Position in `urls` of the results of a search for each term."""
        return len(_PAGES) + 1 + len(CATEGORIES) + term

    def product_page(self, product: Ints) -> Ints:
        """Position in `urls` of each product's page."""
        return len(_PAGES) + len(CATEGORIES) + len(self.terms) + product

    def brand_name(self, product: int) -> str:
        """The brand of a product."""
        return _BRANDS[int(self.brand[product - 1])]

    def category_name(self, product: int) -> str:
        """The category of a product."""
        return CATEGORIES[int(self.category[product - 1])].name


def catalogue(seed: int, products: int) -> Catalogue:
    """The catalogue of a shop with so many products."""
    chance = rng(seed, _CATALOGUE_SEED)
    category = choose(cumulative([c.weight for c in CATEGORIES]), chance.random(products))
    brand = chance.integers(0, len(_BRANDS), products)
    noun = chance.integers(0, 1 << 30, products)
    style = chance.integers(0, len(_STYLES), products)
    variant = chance.integers(0, 1 << 30, products)
    parts = zip(style.tolist(), category.tolist(), noun.tolist(), variant.tolist(), strict=True)
    names = [
        f"{_STYLES[s]} {_any(CATEGORIES[c].nouns, n)}, {_any(CATEGORIES[c].variants, v)}"
        for s, c, n, v in parts
    ]
    terms = _terms()
    return Catalogue(
        names=names,
        category=category,
        brand=brand,
        price=_prices(chance, category),
        popularity=_popularity(chance, products),
        terms=terms,
        urls=_urls(names, terms),
    )


def _any(words: tuple[str, ...], number: int) -> str:
    return words[number % len(words)]


def _prices(chance: Rng, category: I64) -> I64:
    """Prices around what is typical of the category, ending in 99, 50 or 00 cents."""
    typical = np.array([c.typical_cents for c in CATEGORIES], np.float64)[category]
    units = np.rint(typical * np.exp(_TYPICAL_SPREAD * chance.standard_normal(len(category))) / 100)
    ending = np.array([-1, -50, 0])[choose(cumulative([6, 2, 2]), chance.random(len(category)))]
    return np.asarray(np.maximum(units, 2) * 100 + ending, np.int64)


def _popularity(chance: Rng, products: int) -> F64:
    rank = chance.permutation(products) + 1
    return cumulative(1.0 / rank.astype(np.float64) ** _ZIPF_EXPONENT)


def _terms() -> list[str]:
    """What people search for, the most common first: short words before long ones."""
    nouns = [noun.lower() for c in CATEGORIES for noun in c.nouns]
    styled = [f"{style.lower()} {noun}" for style in _STYLES[:6] for noun in nouns[::3]]
    coloured = [f"{colour} {noun}" for colour in _COLOURS for noun in nouns[::5]]
    return list(dict.fromkeys([*nouns, *styled, *coloured]))


def _urls(names: list[str], terms: list[str]) -> list[str]:
    return [
        "",
        *(HOST + page for page in _PAGES),
        *(f"{HOST}/c/{c.name.lower()}" for c in CATEGORIES),
        *(f"{HOST}/search?q={term.replace(' ', '+')}" for term in terms),
        *(f"{HOST}/p/{number}-{_slug(name)}" for number, name in enumerate(names, 1)),
    ]


def _slug(name: str) -> str:
    return name.lower().replace(",", "").replace(" ", "-")
