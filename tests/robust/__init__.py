"""Whether the engine stands what is done to it: the fuzz, the soak, and what a failure may touch."""
