"""The algebra of sizes; `shapecalc.size` is its door."""
