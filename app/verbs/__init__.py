"""Verbs: each thing that a person, a system or a worker can do stands once, and page, route and command only call it."""

from app.verbs.call import Call, House
from app.verbs.schemas import Answer, Wish
from app.verbs.verb import VERBS, Opens, Verb, perform, verb

__all__ = ["VERBS", "Answer", "Call", "House", "Opens", "Verb", "Wish", "perform", "verb"]
