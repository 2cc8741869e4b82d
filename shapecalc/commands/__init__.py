"""The commands: what each does, a file each, under its own name; `cli` gives them their options."""
