"""Repairs: changes of an architecture, the edits of its text that make them, and the one that is offered."""
