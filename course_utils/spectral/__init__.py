"""Floor 1: STFT, phase, instantaneous frequency, mel and spectral image."""
