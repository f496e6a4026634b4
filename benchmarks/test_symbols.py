"""Music as symbols: reading MIDI files, and writing notes as events."""

import mido
import note_seq
import pytest
from note_seq import sequences_lib

from course_utils.symbolic import metrical, performance, polyphony
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi

BINS = performance.N_VELOCITIES


@pytest.fixture(scope="module")
def files(pieces, tmp_path_factory):
    """Give the pieces as MIDI files."""
    folder = tmp_path_factory.mktemp("midi")
    paths = [folder / f"{i}.mid" for i in range(len(pieces))]
    for piece, path in zip(pieces, paths, strict=True):
        sequence_to_midi(piece, path)
    return paths


def each(function, items):
    """Return a function that applies another to each item."""

    def apply():
        return [function(item) for item in items]

    return apply


def fields_of(piece):
    """Read what every encoding needs of the notes."""
    return [
        (note.start_time, note.end_time, note.pitch, note.velocity)
        for note in piece.notes
    ]


def plain_performance(piece):
    """Encode with note_seq: every event an object, then its class."""
    quantised = sequences_lib.quantize_note_sequence_absolute(
        piece, performance.STEPS_PER_SECOND
    )
    events = note_seq.Performance(quantised, num_velocity_bins=BINS)
    encoding = note_seq.PerformanceOneHotEncoding(BINS)
    return [encoding.encode_event(event) for event in events]


def plain_metrical(piece):
    """Encode with note_seq on a grid of sixteenths."""
    quantised = sequences_lib.quantize_note_sequence(piece, 4)
    events = note_seq.MetricPerformance(quantised, num_velocity_bins=BINS)
    encoding = note_seq.PerformanceOneHotEncoding(BINS)
    return [encoding.encode_event(event) for event in events]


def plain_roll(piece):
    """Write down with note_seq what sounds in each sixteenth."""
    quantised = sequences_lib.quantize_note_sequence(piece, 4)
    return list(note_seq.PianorollSequence(quantized_sequence=quantised))


@pytest.mark.benchmark(group="MIDI files")
def test_midi_files_are_read(compare, files):
    compare(
        "MIDI file to notes",
        each(midi_to_sequence, files),
        unit="file",
        n_items=len(files),
        baseline=(
            "note_seq",
            each(note_seq.midi_file_to_note_sequence, files),
        ),
        limit=("mido, which parses the bytes", each(mido.MidiFile, files)),
    )


@pytest.mark.benchmark(group="Tokens")
@pytest.mark.parametrize(
    ("name", "encode", "plain", "reference"),
    [
        (
            "performance events",
            performance.sequence_to_events,
            plain_performance,
            "note_seq.Performance",
        ),
        (
            "metrical events",
            metrical.sequence_to_events,
            plain_metrical,
            "note_seq.MetricPerformance",
        ),
        (
            "polyphony events",
            polyphony.sequence_to_events,
            plain_roll,
            "note_seq.PianorollSequence",
        ),
    ],
)
def test_notes_become_events(compare, pieces, name, encode, plain, reference):
    compare(
        name,
        each(encode, pieces),
        unit="note",
        n_items=sum(len(piece.notes) for piece in pieces),
        baseline=(reference, each(plain, pieces)),
        limit=("reading the notes", each(fields_of, pieces)),
    )
