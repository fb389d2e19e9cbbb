"""The demo district: offices, people and the sample files, taken in by the ordinary road."""
