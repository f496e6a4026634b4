"""Floor 2: drawing from a trained model."""
