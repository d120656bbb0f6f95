"""Looking after what is stored: healing rollups, filling and rebuilding them, erasing a person.

All of it acts beside a running ingest. What changes tables does so behind ingest's fence, one at a time
(`turn`), and can be killed and run again. Whole days within the raw tables' TTL only are made anew.
"""
