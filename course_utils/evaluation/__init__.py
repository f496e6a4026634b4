"""Floor 2: measures that compare real and generated music."""
