"""Whose value: locks on fields, conflicts between sources, gaps that a source could fill."""
