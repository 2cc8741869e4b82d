"""Back ends for the eye and for machines: tables, diagnostics, JSON."""
