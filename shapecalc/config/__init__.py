"""Configuration: what the nearest file says of a spec, and the baseline of problems that are known."""
