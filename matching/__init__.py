"""Record linkage for Chinese business records: standardise, block, compare, score, cluster. Needs no database."""

from matching.engine import MatchResult, match
from matching.models.model import Model, Thresholds, explain_levels, load_model

__all__ = ["MatchResult", "Model", "Thresholds", "explain_levels", "load_model", "match"]
