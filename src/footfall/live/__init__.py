"""The live dashboard on :3001: what happens now, pushed to every open page over one stream each.

One poller a process reads new events (`poller`, which `seen` tells what is new) and the boards beside them
(`boards`), whatever the number of pages; `hub` fans frames out to subscribers over bounded queues, to each
what it asks for (`wanted`), straight to their connections (`direct`), and keeps them for a while (`replay`);
`sql` runs what people type, as `analyst`, and `saving` keeps it as a named query; `letters` shows what was
rejected; `health` how processes are; `app` is the HTTP side, which `openapi` describes.
"""

from footfall.config import Config


def serve(config: Config) -> None:
    """Serves the live dashboard until it is stopped."""
    from footfall.live.app import create
    from footfall.live.direct import DirectProtocol
    from footfall.serve import run_app

    run_app(create(config), config, config.live_port, "live", http=DirectProtocol)


__all__ = ["serve"]
