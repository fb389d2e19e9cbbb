"""Whose value stands: locks, losing values, conflicts, gaps."""
