"""Floor 1: notes as NoteSequence, event tokens, grids and their sound."""
