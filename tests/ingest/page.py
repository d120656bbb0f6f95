"""A page of a shop, as whoever reads its source can be one."""

import json
import uuid
from typing import Any

from footfall.config import Config
from tests.ingest.agents import CHROME
from tests.ingest.client import Answer, Client

SHOP = "https://shop.example"


class Page:
    """A page of the shop: whoever reads its source has its key, and may send anything."""

    def __init__(self, config: Config, key: str) -> None:
        self.client = Client(config)
        self.key = key

    def send(self, items: Any, *, key: str | None = None, **headers: str | None) -> Answer:
        """Sends as the snippet does; `user_agent="…"` stands for a header."""
        body = items if isinstance(items, bytes) else json.dumps(items).encode()
        given: dict[str, str | None] = {"Origin": SHOP, "User-Agent": CHROME, "Content-Type": "text/plain"}
        given |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = {name: value for name, value in given.items() if value is not None}
        return self.client.request("POST", f"/v1/browser?key={key or self.key}", body, sent)


def view(**values: Any) -> dict[str, Any]:
    return {"event_type": "page_view", "event_id": str(uuid.uuid4()), "page_url": "/"} | values
