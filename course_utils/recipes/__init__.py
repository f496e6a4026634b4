"""Floor 3: one call that joins data, model, training and checkpoint."""
