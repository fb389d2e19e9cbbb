"""What makes an ordinary unit break a rule: the examples of the tests and of the printed page of rules."""

from __future__ import annotations

from typing import Any

OWN = "91500105MA60X0016Y"

BREAKING: dict[str, dict[str, Any]] = {
    "A01": {"uscc": "91500105MA60X0016X"},
    "A01b": {"uscc": "91500105MA60X0011F"},
    "A04": {"industry_code": "9999"},
    "U01": {"unit_type": "3", "org_type": "", "parent_uscc": "91500105MA5ABCDE1X"},
    "A05": {"org_type": "20", "uscc": OWN},
    "A06": {"employees": 3, "employees_female": 9},
    "A07": {"area_code": "500105006000"},
    "A08": {"unit_type": "2", "uscc": "", "org_type": ""},
    "A09": {"has_establishments": "1", "establishment_count": 1},
    "A10": {"employees": 0, "revenue": 5},
    "A11": {"registrar_status": "注销"},
    "A12": {"reg_category": "210", "holding": "1"},
    "A17": {"processing_area": "500105000000", "reg_area_code": "500105000000", "area_code": "500112002001"},
    "A18": {"accounting_type": "1", "expenditure": 5, "revenue": ""},
    "A20": {"opened_on": "2021-03"},
}
"""What makes an ordinary unit break a rule, and no other."""
