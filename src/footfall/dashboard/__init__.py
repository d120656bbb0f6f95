"""The dashboard on :3000: the shop's figures over a period, as a page and as a REST API.

`app` serves the page and the endpoints. Every figure is a named query's answer; there is no SQL here.
"""

from footfall.config import Config


def serve(config: Config) -> None:
    """Serves the dashboard until it is stopped."""
    from footfall.dashboard.app import create
    from footfall.serve import run_app

    run_app(create(config), config, config.dashboard_port, "dashboard")


__all__ = ["serve"]
