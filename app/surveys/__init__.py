"""Surveys: registered with their marks, each a section's own."""
