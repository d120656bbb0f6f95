"""Named queries: every figure is one SQL file, with a proof on the raw rows.

`catalogue` reads the files, `parameters` checks and binds values, `run` gets an answer, `explain` its plan,
`prove` compares it with its twin on the raw rows, `audit` does so for all of them and for every rollup, and
`encode` writes answers as JSON, CSV or text. The REST API, both dashboards and the command line run the same
files through these functions.
"""

from footfall.query.catalogue import Column, NamedQuery, Parameter, catalogue, problems
from footfall.query.encode import encode
from footfall.query.explain import Plan, explain
from footfall.query.prove import Proof, prove
from footfall.query.run import Answer, run, run_sql

__all__ = [
    "Answer",
    "Column",
    "NamedQuery",
    "Parameter",
    "Plan",
    "Proof",
    "catalogue",
    "encode",
    "explain",
    "problems",
    "prove",
    "run",
    "run_sql",
]
