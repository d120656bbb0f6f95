"""The demo: a history of the default plan, made once for a data folder."""

from footfall.config import Config
from footfall.generate import record
from footfall.generate.plan import Plan


def demo(config: Config) -> Plan:
    """Makes a history for this data folder, or finishes the one it has; returns its plan.

    Nothing else may write to the store meanwhile: where the store lost rows of an unfinished history, it
    is emptied and the history made anew.
    """
    kept = record.read(config)
    plan = kept.plan if kept else Plan.of()
    if kept is None or not kept.finished:
        from footfall.generate import history  # loaded where there is work only: most starts have none

        try:
            history.generate(config, plan)
        except history.HistoryTorn as error:
            print(f"{error.message.split('.')[0]}. Starting it anew", flush=True)
            history.generate(config, plan, replace=True)
    return plan
