"""Write a NoteSequence as the messages of a MIDI file.

note_seq writes MIDI through pretty_midi, which loses some of it; this writer
cures that. Differences:

- a tempo is rounded to whole microseconds, not cut off (120 quarters per
  minute can come back as 120.0002 otherwise, and every note drifts);
- no 4/4 is written into a piece that has no time signature;
- two programs under instrument 0 are two tracks, where note_seq keeps one;
- a note has at least one tick, so that it can end;
- a part beyond the fifteenth gets a port of its own, not a shared channel.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import warnings
from collections import defaultdict
from operator import itemgetter

import mido
import numpy as np

from course_utils.symbolic.channels import (
    CHANNELS,
    DRUM_CHANNEL,
    Part,
    part_of,
)
from course_utils.symbolic.ticks import TempoMap, tempo_map_of

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq.protobuf import music_pb2

TICKS_PER_QUARTER = 480  # where a sequence names none: 16ths and triplets fit
# fmt: off
MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR_KEYS = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am",
              "Bbm", "Bm")
# fmt: on
# Order of messages at one tick; an off comes before the next on of its key.
FIRST, CONTROL, OFF, ON = range(4)

Timed = tuple[tuple, object]  # (tick, order, ...), message


def sequence_to_mido(sequence: music_pb2.NoteSequence) -> mido.MidiFile:
    """Return a type-1 MIDI file: a track of tempo and meter, one per part.

    Parameters
    ----------
    sequence : NoteSequence
        Times in seconds, numbers in MIDI's ranges.

    Returns
    -------
    mido.MidiFile
        With `sequence.ticks_per_quarter`, or 480 if that is not set.
    """
    resolution = sequence.ticks_per_quarter or TICKS_PER_QUARTER
    midi = mido.MidiFile(type=1, ticks_per_beat=resolution)
    tempos = sorted((t.time, t.qpm) for t in sequence.tempos)
    tempo_map = tempo_map_of(tempos, resolution)
    midi.tracks.append(_to_track(_conductor(sequence, tempo_map)))
    names = {i.instrument: i.name for i in sequence.instrument_infos}
    places = _places(sequence)
    notes, changes = _by_part(sequence)
    for part, (port, channel) in places.items():
        timed = _track_head(part, port, channel, names.get(part[0], ""))
        timed += _note_messages(notes[part], channel, tempo_map)
        timed += _change_messages(changes[part], channel, tempo_map)
        midi.tracks.append(_to_track(timed))
    return midi


def _places(sequence: music_pb2.NoteSequence) -> dict[Part, tuple[int, int]]:
    """Give every part with notes its (port, channel); all drums channel 9."""
    parts = sorted({part_of(note) for note in sequence.notes})
    places, n_melodic = {}, 0
    for part in parts:
        if part[2]:
            places[part] = (0, DRUM_CHANNEL)
            continue
        port, i = divmod(n_melodic, len(CHANNELS))
        places[part] = (port, CHANNELS[i])
        n_melodic += 1
    return places


def _by_part(sequence: music_pb2.NoteSequence) -> tuple[dict, dict]:
    """Group the notes, and the controllers and bends, by their part."""
    notes, changes = defaultdict(list), defaultdict(list)
    for note in sequence.notes:
        notes[part_of(note)].append(note)
    for change in (*sequence.control_changes, *sequence.pitch_bends):
        changes[part_of(change)].append(change)
    return notes, changes


def _track_head(part: Part, port: int, channel: int, name: str) -> list:
    """Start a track: its name, port and program."""
    key = (0, FIRST)
    head = []
    if name:
        head.append((key, mido.MetaMessage("track_name", name=name)))
    if port:
        head.append((key, mido.MetaMessage("midi_port", port=port)))
    program = mido.Message("program_change", channel=channel, program=part[1])
    return [*head, (key, program)]


def _note_messages(notes: list, channel: int, tempo_map: TempoMap) -> list:
    """Return the presses and releases of one part's notes.

    Of two notes that start together the one that ends first is struck first,
    so that "first on, first off" gives each its own end.
    """
    starts = tempo_map.s_to_tick([note.start_time for note in notes])
    ends = tempo_map.s_to_tick([note.end_time for note in notes])
    ends = np.maximum(ends, starts + 1)
    timed = []
    for note, start, end in zip(
        notes, starts.tolist(), ends.tolist(), strict=True
    ):
        what = {"channel": channel, "note": note.pitch}
        on = mido.Message("note_on", velocity=note.velocity, **what)
        off = mido.Message("note_on", velocity=0, **what)
        timed.append(((start, ON, note.pitch, end), on))
        timed.append(((end, OFF, note.pitch), off))
    return timed


def _change_messages(changes: list, channel: int, tempo_map: TempoMap) -> list:
    """Return the controllers and pitch bends of one part."""
    ticks = tempo_map.s_to_tick([change.time for change in changes])
    timed = []
    for change, tick in zip(changes, ticks.tolist(), strict=True):
        if isinstance(change, music_pb2.NoteSequence.PitchBend):
            message = mido.Message(
                "pitchwheel", channel=channel, pitch=change.bend
            )
        else:
            message = mido.Message(
                "control_change",
                channel=channel,
                control=change.control_number,
                value=change.control_value,
            )
        timed.append(((tick, CONTROL), message))
    return timed


def _conductor(sequence: music_pb2.NoteSequence, tempo_map: TempoMap) -> list:
    """Return the tempo, meter and key changes."""
    timed = [
        ((tick, FIRST), mido.MetaMessage("set_tempo", tempo=us))
        for tick, us in zip(
            tempo_map.ticks.tolist(),
            tempo_map.us_per_quarter.tolist(),
            strict=True,
        )
    ]
    for meter in sequence.time_signatures:
        message = mido.MetaMessage(
            "time_signature",
            numerator=meter.numerator,
            denominator=meter.denominator,
        )
        timed.append(((int(tempo_map.s_to_tick(meter.time)), FIRST), message))
    for key in sequence.key_signatures:
        names = MINOR_KEYS if key.mode == key.MINOR else MAJOR_KEYS
        message = mido.MetaMessage("key_signature", key=names[key.key])
        timed.append(((int(tempo_map.s_to_tick(key.time)), FIRST), message))
    return timed


def _to_track(timed: list[Timed]) -> mido.MidiTrack:
    """Sort messages by tick and order, and make their times relative."""
    track, now = mido.MidiTrack(), 0
    for (tick, *_), message in sorted(timed, key=itemgetter(0)):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=1))
    return track
