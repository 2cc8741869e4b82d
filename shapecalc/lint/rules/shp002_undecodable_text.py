"""The file's bytes are no text.

A spec is text in UTF-8 (or in UTF-16 or UTF-32 with a mark at its start). Bytes that decode to no character, and
control characters that YAML has no place for, are refused with their line. Save the file as UTF-8. Often it is
another file altogether: a checkpoint (`.pt`) or an archive.

Source: https://yaml.org/spec/1.2.2/#51-character-set.
"""
