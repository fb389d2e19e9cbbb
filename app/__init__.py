"""Minglu (名录): a statistical business register. See docs/architecture.md for the house and the road."""

__version__ = "0.1.0"
