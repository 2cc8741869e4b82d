"""The version, a literal: reading it from the installed metadata would cost 30 ms."""

__version__ = "0.1.0"
