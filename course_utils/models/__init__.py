"""Floor 1: the networks; they know no audio file and no MIDI file."""
