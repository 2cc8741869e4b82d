"""Front ends: text to Arch."""
