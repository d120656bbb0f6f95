"""What an event's user agent and address say: device, browser and country, and whether it is a bot's.

What the sender says itself holds. Neither the user agent nor the address is stored. A bot's event stays, and
counts for nobody: its user and session are dropped, its type gets `bot_` in front and its device is `bot`.
So no distinct count, no step of a funnel and no count of a type holds it, and who looks for it finds it.
Money is never taken for a bot's: an event with revenue keeps its type and its user, whatever is said.
"""

from typing import Final

from footfall.ingest import agents
from footfall.ingest.agents import Agent
from footfall.ingest.geoip import GeoIp
from footfall.model import Event

PREFIX: Final = "bot_"


def enrich(event: Event, countries: GeoIp | None) -> None:
    """Fills in what the event does not say; a country only where there is a database of them."""
    if event.user_agent is not None:
        agent = agents.describe(event.user_agent)
        if not agent.bot:
            _fill(event, agent)
        elif not event.revenue:
            mark_bot(event, agent.browser)
    if event.client_ip is not None and event.country is None and countries is not None:
        event.country = countries.country(event.client_ip)
    event.user_agent = event.client_ip = None


def mark_bot(event: Event, name: str) -> None:
    """Makes an event a bot's."""
    event.event_type = PREFIX + event.event_type
    event.user_id = event.anonymous_id = event.session_id = None
    event.device_type, event.browser = agents.BOT, name


def _fill(event: Event, agent: Agent) -> None:
    event.device_type = event.device_type or agent.device_type
    event.browser = event.browser or agent.browser
