"""The two hash chains. Whoever writes through this room writes rows that the log vouches for."""

from app.audit import rows as rows  # what a transaction wrote goes to the log
