"""The parsers that are fed with hostile files, by name."""

import fuzz_archives
import fuzz_course
import fuzz_models
import fuzz_music
import fuzz_notes

TARGETS = (
    fuzz_music.TARGETS
    | fuzz_notes.TARGETS
    | fuzz_course.TARGETS
    | fuzz_models.TARGETS
    | fuzz_archives.TARGETS
)
