"""Build a NoteSequence from the tracks of a MIDI file.

note_seq reads MIDI through pretty_midi, which loses some of it; this reader
fills the same NoteSequence and cures that. Differences:

- tempo, meter and key are read from every track, not from the first alone;
- overlapping notes of one pitch keep their own ends (first on, first off),
  where pretty_midi ends all of them at the first note-off;
- a note's program is the one at its beginning, and a track without its own
  program change takes the one its channel got elsewhere.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import warnings
from collections.abc import Iterator

import numpy as np
from pretty_midi.utilities import key_name_to_key_number

from course_utils.symbolic.midi_tracks import (
    Track,
    meta_of,
    pair_presses,
    program_at,
    programs_of_channels,
)
from course_utils.symbolic.ticks import TempoMap, us_to_qpm

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq.protobuf import music_pb2

DRUM_CHANNEL = 9
MAX_DENOMINATOR = 64

Part = tuple[int, int, int]  # track, channel, program


def tracks_to_sequence(
    tracks: list[Track], tempo_map: TempoMap
) -> music_pb2.NoteSequence:
    """Build the NoteSequence: tempo, meter, key, notes, controllers.

    Parameters
    ----------
    tracks : list of Track
        Absolute ticks.
    tempo_map : TempoMap
        Of the same file.

    Returns
    -------
    NoteSequence
        Times in seconds. `instrument` counts the parts: one for each track,
        channel and program that sounds a note.
    """
    sequence = music_pb2.NoteSequence()
    sequence.ticks_per_quarter = tempo_map.ticks_per_quarter
    encodings = music_pb2.NoteSequence.SourceInfo
    sequence.source_info.encoding_type = encodings.MIDI
    _add_meta(sequence, tracks, tempo_map)
    parts = _add_notes(sequence, tracks, tempo_map)
    _add_changes(sequence, tracks, parts, tempo_map)
    for (track, _, _), instrument in parts.items():
        if tracks[track].name:
            sequence.instrument_infos.add(
                instrument=instrument, name=tracks[track].name
            )
    return sequence


def _add_meta(
    sequence: music_pb2.NoteSequence,
    tracks: list[Track],
    tempo_map: TempoMap,
) -> None:
    """Add tempo, meter and key changes; impossible meters are left out."""
    for start_s, us in zip(
        tempo_map.start_s, tempo_map.us_per_quarter, strict=True
    ):
        sequence.tempos.add(time=start_s, qpm=us_to_qpm(int(us)))
    for tick, message in meta_of(tracks, "time_signature"):
        if message.numerator and message.denominator <= MAX_DENOMINATOR:
            sequence.time_signatures.add(
                time=tempo_map.tick_to_s(tick),
                numerator=message.numerator,
                denominator=message.denominator,
            )
    for tick, message in meta_of(tracks, "key_signature"):
        minor, key = divmod(key_name_to_key_number(message.key), 12)
        sequence.key_signatures.add(
            time=tempo_map.tick_to_s(tick), key=key, mode=minor
        )


def _notes_of(
    number: int, track: Track, channels: dict[tuple, list]
) -> Iterator[tuple[int, int, int, int, Part]]:
    """Yield start, pitch, end, velocity and part of a track's notes."""
    for (channel, pitch), presses in track.presses.items():
        own = track.programs[channel]
        others = channels.get((track.port, channel), [])
        for start, end, velocity in pair_presses(presses):
            program = program_at(own, start)
            if program is None:
                program = program_at(others, start) or 0
            yield start, pitch, end, velocity, (number, channel, program)


def _add_notes(
    sequence: music_pb2.NoteSequence,
    tracks: list[Track],
    tempo_map: TempoMap,
) -> dict[Part, int]:
    """Add the notes of all tracks; return the instrument of each part."""
    channels = programs_of_channels(tracks)
    parts: dict[Part, int] = {}
    for number, track in enumerate(tracks):
        notes = sorted(_notes_of(number, track, channels))
        times = np.array([(n[0], n[2]) for n in notes]).reshape(-1, 2)
        times_s = tempo_map.tick_to_s(times)
        for (start_s, end_s), note in zip(times_s, notes, strict=True):
            _, pitch, _, velocity, part = note
            sequence.notes.add(
                start_time=start_s,
                end_time=end_s,
                pitch=pitch,
                velocity=velocity,
                program=part[2],
                instrument=parts.setdefault(part, len(parts)),
                is_drum=part[1] == DRUM_CHANNEL,
            )
        end_s = times_s.max(initial=0.0)
        sequence.total_time = max(sequence.total_time, end_s)
    return parts


def _add_changes(
    sequence: music_pb2.NoteSequence,
    tracks: list[Track],
    parts: dict[Part, int],
    tempo_map: TempoMap,
) -> None:
    """Add controllers and bends to the part that sounds on their channel."""
    first: dict[tuple[int, int], Part] = {}
    for part in parts:
        first.setdefault(part[:2], part)
    for number, track in enumerate(tracks):
        for tick, message in track.changes:
            channel = message.channel
            program = program_at(track.programs[channel], tick)
            part = (number, channel, program)
            part = part if part in parts else first.get(part[:2])
            if part:  # else nothing sounds there
                time_s = float(tempo_map.tick_to_s(tick))
                _add_change(sequence, message, part, parts[part], time_s)


def _add_change(
    sequence: music_pb2.NoteSequence,
    message: object,
    part: Part,
    instrument: int,
    time_s: float,
) -> None:
    """Add one controller or one pitch bend."""
    where = {
        "time": time_s,
        "instrument": instrument,
        "program": part[2],
        "is_drum": part[1] == DRUM_CHANNEL,
    }
    if message.type == "pitchwheel":
        sequence.pitch_bends.add(bend=message.pitch, **where)
    else:
        sequence.control_changes.add(
            control_number=message.control,
            control_value=message.value,
            **where,
        )
