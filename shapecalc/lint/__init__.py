"""The linter: hazards that torch runs in silence, each shown by a number that can be measured."""
