"""Measurements: one module a question; `footfall bench QUESTION` runs one against a stack of its own.

What is compared is measured in one run, in turn, several times, and medians are reported: these are the
figures of docs/performance.md. Nothing here is a test.
"""
