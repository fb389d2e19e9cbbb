"""The workplace: pages over the same functions that routes and commands call."""
