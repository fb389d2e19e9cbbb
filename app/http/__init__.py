"""What routes and pages are both given: sessions, the clock, limits, the access log."""
