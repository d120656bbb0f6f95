"""What the two dashboards share: the front end's sources, and the application that serves them.

`templates/`, `css/` and `js/` are sources; `build.mjs` bundles the last two into `static/`. `app` makes a
Quart application with our headers, assets and errors, `guard` says who may talk to it, `reading` holds the
client of the store, `named` serves the named queries, `kept` what they answered before, `openapi` describes
them. Pages load nothing from elsewhere: they work offline.
"""
