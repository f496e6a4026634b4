"""Sort the messages of a MIDI file: presses of keys, programs, tempo, meter.

Everything is in absolute ticks, and nothing is allocated per tick, so that
an absurd time in a file costs no memory.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import mido

from course_utils.symbolic.ticks import TempoMap

Key = tuple[int, int]  # channel, pitch


@dataclass
class Track:
    """One track, in absolute ticks.

    Attributes
    ----------
    name : str
        As the file gives it; empty if it does not.
    port : int
        Which of several sets of 16 channels it plays on.
    end : int
        Tick of its last message.
    presses : dict
        (channel, pitch) -> list of (tick, velocity); velocity 0 releases.
    programs : dict
        Channel -> list of (tick, program).
    changes : list of (int, mido.Message)
        Controllers and pitch bends.
    meta : list of (int, mido.MetaMessage)
        Tempo, meter and key.
    """

    name: str = ""
    port: int = 0
    end: int = 0
    presses: dict[Key, list] = field(default_factory=lambda: defaultdict(list))
    programs: dict[int, list] = field(
        default_factory=lambda: defaultdict(list)
    )
    changes: list = field(default_factory=list)
    meta: list = field(default_factory=list)


def read_track(messages: mido.MidiTrack) -> Track:
    """Sort the messages of a track by what they do."""
    track = Track()
    for message in messages:
        track.end += message.time
        tick, kind = track.end, message.type
        if kind in ("note_on", "note_off"):
            velocity = message.velocity if kind == "note_on" else 0
            key = (message.channel, message.note)
            track.presses[key].append((tick, velocity))
        elif kind == "program_change":
            track.programs[message.channel].append((tick, message.program))
        elif kind in ("control_change", "pitchwheel"):
            track.changes.append((tick, message))
        elif kind in ("set_tempo", "time_signature", "key_signature"):
            track.meta.append((tick, message))
        elif kind == "track_name":
            track.name = track.name or message.name.strip()
        elif kind == "midi_port":
            track.port = message.port
    return track


def pair_presses(
    presses: list[tuple[int, int]],
) -> Iterator[tuple[int, int, int]]:
    """Match the note-ons of one key with its note-offs.

    Parameters
    ----------
    presses : list of (int, int)
        Tick and velocity in file order; velocity 0 is a note-off.

    Yields
    ------
    tuple of int
        Start tick, end tick, velocity. If every on has its off, the first on
        gets the first off. Else an off ends every open note, for then some
        off is missing and nobody knows whose. Left out are notes without
        length, which make no sound, and notes that are never released, whose
        length nobody knows.
    """
    balanced = _is_balanced(presses)
    open_notes: deque[tuple[int, int]] = deque()
    for tick, velocity in presses:
        if velocity:
            open_notes.append((tick, velocity))
            continue
        ended = _released(open_notes, tick, balanced)
        yield from ((s, tick, v) for s, v in ended if tick > s)


def _is_balanced(presses: list[tuple[int, int]]) -> bool:
    """Tell whether every off comes after an on, and every on has its off."""
    n_open = 0
    for _, velocity in presses:
        n_open += 1 if velocity else -1
        if n_open < 0:
            return False
    return n_open == 0


def _released(open_notes: deque, tick: int, balanced: bool) -> list:
    """Take the notes that a note-off ends out of `open_notes`."""
    if balanced:
        return [open_notes.popleft()] if open_notes else []
    ended = [note for note in open_notes if note[0] < tick]
    struck_now = [note for note in open_notes if note[0] == tick]
    open_notes.clear()
    if ended:  # the off was for these; what begins at this tick goes on
        open_notes.extend(struck_now)
    return ended


def program_at(changes: list[tuple[int, int]], tick: int) -> int | None:
    """Return the program in force at a tick, or None before the first."""
    i = bisect_right(changes, (tick, 127))
    return changes[i - 1][1] if i else None


def midi_to_tracks(midi: mido.MidiFile) -> list[Track]:
    """Return the tracks of a file in absolute ticks."""
    return [read_track(messages) for messages in midi.tracks]


def meta_of(tracks: list[Track], kind: str) -> list[tuple]:
    """List (tick, message) of one kind from all tracks; the last one wins."""
    found = [pair for t in tracks for pair in t.meta if pair[1].type == kind]
    by_tick = dict(sorted(found, key=lambda pair: pair[0]))
    return list(by_tick.items())


def tempo_map_of_tracks(
    tracks: list[Track], ticks_per_quarter: int
) -> TempoMap:
    """Return the tempos of a file; a tempo of 0 microseconds is ignored."""
    tempos = (
        (tick, message.tempo)
        for tick, message in meta_of(tracks, "set_tempo")
        if message.tempo > 0
    )
    return TempoMap(tempos, ticks_per_quarter)


def programs_of_channels(tracks: list[Track]) -> dict[tuple, list]:
    """Return (port, channel) -> (tick, program) changes of all tracks."""
    channels = defaultdict(list)
    for track in tracks:
        for channel, changes in track.programs.items():
            channels[track.port, channel] += changes
    return {channel: sorted(c) for channel, c in channels.items()}
