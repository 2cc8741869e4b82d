"""Decoders that return exactly what an encoder took, in several styles, each traced before it is offered."""
