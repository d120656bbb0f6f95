"""How long does `footfall audit` take, and what does the engine hold meanwhile?"""

import time

from tests import support

from bench.report import Report
from bench.scale import peak_mib
from bench.stack import built
from footfall import store
from footfall.schema.migrate import migrate

LIMIT_S = 3600


def measure(*, events: int) -> Report:
    """Seconds of one audit of everything, what it says of itself, and the engine's peak since its start."""
    with built(events) as config:
        engine = support.start("engine", config)
        try:
            migrate(config)
            began = time.perf_counter()
            done = support.run(config, "audit", limit_s=LIMIT_S)
            taken = time.perf_counter() - began
            with store.connect(config, "footfall") as client:
                report = Report(
                    "An audit of everything",
                    ["what", "figure"],
                    events,
                    1,
                    f"ClickHouse {client.server_version}",
                )
            report.rows.append(["seconds", taken])
            report.rows.append(["engine's peak, MiB", peak_mib(engine.pid)])
            report.rows.append(["exit code", done.returncode])
            told = (line for line in done.stdout.splitlines() if not line.endswith("all equal"))
            report.rows += [["it says", line] for line in told]
            return report
        finally:
            engine.stop(60)
