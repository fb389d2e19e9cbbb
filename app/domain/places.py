"""Area codes by level (GB/T 10114 as the statistics write it): two digits a province, four a city, six a county, nine a street."""

from __future__ import annotations

COUNTY, STREET, VILLAGE = 6, 9, 12
NO_STREET = "0" * (STREET - COUNTY)
"""What stands in place of a street where a code says no more than the county."""
NO_COUNTY = "00"
"""What stands in place of a county where a code says no more than the city, or the province."""


def county_of(area: str) -> str:
    """The county (district) that an area lies in, by its six digits; empty where the code says no more than the city."""
    code = area[:COUNTY]
    return code if len(code) == COUNTY and code[-2:] != NO_COUNTY else ""


def street_of(area: str) -> str:
    """The street (sub-district, town) that an area lies in, by its nine digits; empty where the code says no more than the
    county: that is no street."""
    code = area[:STREET]
    return code if len(code) == STREET and code[COUNTY:] != NO_STREET else ""
