"""Back ends: an architecture as source text."""
