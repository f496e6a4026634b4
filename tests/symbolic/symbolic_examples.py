"""Small pieces made in the open, for the tests of this folder."""

import io
import struct

import mido

from course_utils.symbolic.sequences import music_pb2


def piece(notes, *, qpm=120.0, meter=None, resolution=480):
    """Build a sequence from (start, end, pitch, velocity, ...) in seconds."""
    sequence = music_pb2.NoteSequence(ticks_per_quarter=resolution)
    sequence.tempos.add(qpm=qpm)
    if meter:
        sequence.time_signatures.add(numerator=meter[0], denominator=meter[1])
    for start, end, pitch, velocity, *rest in notes:
        instrument, program, is_drum = (*rest, 0, 0, False)[:3]
        sequence.notes.add(
            start_time=start,
            end_time=end,
            pitch=pitch,
            velocity=velocity,
            instrument=instrument if rest else 0,
            program=program if len(rest) > 1 else 0,
            is_drum=is_drum if len(rest) > 2 else False,
        )
        sequence.total_time = max(sequence.total_time, end)
    return sequence


def random_piece(rng, n_notes=60, n_parts=3, qpm=96.0, meter=(3, 4)):
    """A piece on the tick grid in which no pitch of a part overlaps itself."""
    tick_s = 60 / qpm / 480
    free = {}
    rows = []
    for _ in range(n_notes):
        part = int(rng.integers(n_parts))
        pitch = int(rng.integers(30, 90))
        start = free.get((part, pitch), 0) + int(rng.integers(0, 900))
        end = start + int(rng.integers(1, 2_000))
        free[part, pitch] = end
        velocity = int(rng.integers(1, 128))
        rows.append(
            (start * tick_s, end * tick_s, pitch, velocity, part, 10 * part)
        )
    return piece(rows, qpm=qpm, meter=meter)


def rows(sequence, digits=6):
    """The notes as sorted tuples, to compare two sequences."""
    return sorted(
        (
            round(n.start_time, digits),
            round(n.end_time, digits),
            n.pitch,
            n.velocity,
            n.instrument,
            n.program,
            n.is_drum,
        )
        for n in sequence.notes
    )


def midi_bytes(*tracks, resolution=480, kind=1):
    """A MIDI file from lists of mido messages (delta times in ticks)."""
    midi = mido.MidiFile(type=kind, ticks_per_beat=resolution)
    midi.tracks.extend(mido.MidiTrack(track) for track in tracks)
    file = io.BytesIO()
    midi.save(file=file)
    return file.getvalue()


def raw_midi(body, *, resolution=480, n_tracks=1, kind=0):
    """A MIDI file from the bytes of one track, whatever they are."""
    head = struct.pack(">4sLHHH", b"MThd", 6, kind, n_tracks, resolution)
    return head + struct.pack(">4sL", b"MTrk", len(body)) + body


def on(pitch, time=0, velocity=64, channel=0):
    return mido.Message(
        "note_on", note=pitch, velocity=velocity, time=time, channel=channel
    )


def off(pitch, time=0, channel=0):
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def grid_piece(notes, meter=(3, 4), qpm=100.0):
    """Notes are (start, end) in sixteenths, pitch, velocity."""
    step_s = 15 / qpm
    timed = [(a * step_s, b * step_s, *rest) for a, b, *rest in notes]
    return piece(timed, qpm=qpm, meter=meter)
