"""Floor 2: data sets; they know no model."""
