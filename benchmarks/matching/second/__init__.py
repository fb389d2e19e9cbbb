"""A register by another hand, to see whether what was taught on ours holds elsewhere.

Its families, vocabulary, layouts and noise were written by somebody who had read the dossier and not our generator; no model
was taught on it. Five provinces instead of one city, chains of companies and of households, prefixes in brackets and behind
the trade name, typing errors by sound and by shape.
"""
