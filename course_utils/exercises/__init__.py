"""Floor 4: checks and hints for the exercises."""
