"""Codes, names, addresses, phones and persons in one form, whole columns at a time."""
