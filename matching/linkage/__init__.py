"""Matching of whole files without a register: `minglu match files`."""
