"""Matching against its peers: a generator of hard registers with their truth, yardsticks, and the tables."""
