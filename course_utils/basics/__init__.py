"""Floor 0: runtime, checks, files, paths, pitch and presets."""
