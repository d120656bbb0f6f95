"""Runs one measurement, prints its table and writes its figures."""

import json
import platform
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench import ids, ingest, insert, interface, rollups
from bench.report import Report

QUESTIONS = {
    "ids": ids.measure,
    "insert": insert.measure,
    "interface": interface.measure,
    "rollups": rollups.measure,
}


def run(question: str, *, events: int, runs: int, seconds: float, file: Path | None) -> None:
    """Measures `question` on a shop of about `events` events, each thing `runs` times; ingest: `seconds`."""
    if question == "ingest":
        report = ingest.measure(seconds=seconds)
    else:
        report = QUESTIONS[question](events=events, runs=runs)
    show(report)
    if file is not None:
        about = {"question": question, "machine": platform.platform(), "python": platform.python_version()}
        file.write_text(json.dumps(about | msgspec.to_builtins(report), indent=2) + "\n")


def show(report: Report) -> None:
    """Prints a report as a table."""
    table = Table(
        title=report.title, caption=f"{report.events:,} events; {report.runs} runs; {report.engine}"
    )
    for number, column in enumerate(report.columns):
        table.add_column(column, justify="right" if number else "left")
    for row in report.rows:
        table.add_row(*(f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row))
    Console().print(table)
