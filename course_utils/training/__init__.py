"""Floor 2: losses, steps, loops and checkpoints."""
