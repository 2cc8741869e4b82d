"""Drawings: a network to scale, one layer's windows; as SVG, PNG, Mermaid, or text for a terminal."""
