"""The report as one HTML page: what a check says, and formulas that answer for every other size."""
