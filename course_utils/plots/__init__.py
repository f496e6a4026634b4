"""Floor 3: pictures and players."""
