"""Hand the parts of a piece out to MIDI's 16 channels, and time their events.

MIDI has 16 channels and channel 10 (9, counted from 0) is for drums, so a
piece with more than 15 parts must be played in several passes.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from course_utils.basics.checks import check_range

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

DRUM_CHANNEL = 9
CHANNELS = tuple(c for c in range(16) if c != DRUM_CHANNEL)
# What the engine obeys: data entry, volume, pan, expression, bend range
CONTROLLERS = frozenset({6, 7, 10, 11, 38, 100, 101})
BEND_CENTRE = 8_192
MAX_SOUND_S = 3_000.0  # 50 minutes

Part = tuple[int, int, bool]  # instrument, program, is_drum
Event = tuple[int, int, str, tuple]  # sample, order, method, arguments


def part_of(event: Any) -> Part:
    """Name the part an event belongs to: instrument, program, drums."""
    return (event.instrument, event.program, event.is_drum)


def end_of_notes(sequence: "NoteSequence") -> float:
    """Return the end of the last note in seconds, after checking all."""
    end_s = 0.0
    for note in sequence.notes:
        check_range("program of a note", note.program, 0, 127)
        check_range("pitch of a note", note.pitch, 0, 127)
        check_range("velocity of a note", note.velocity, 0, 127)
        for time in (note.start_time, note.end_time):
            check_range("note times", time, 0.0, MAX_SOUND_S, "s (50 min)")
        end_s = max(end_s, note.end_time)
    return end_s


def playing_passes(sequence: "NoteSequence") -> list[dict[Part, int]]:
    """Give every part with notes a channel, so that all can be played.

    Parameters
    ----------
    sequence : NoteSequence
        A piece with any number of parts.

    Returns
    -------
    list of dict
        One dict per pass: part -> channel (0 to 15). Two parts share no
        channel, for a note-off would stop the other part's key too.
    """
    parts = sorted({part_of(note) for note in sequence.notes})
    drums = [part for part in parts if part[2]]
    others = [part for part in parts if not part[2]]
    size = len(CHANNELS)
    passes = [
        dict(zip(others[i : i + size], CHANNELS, strict=False))
        for i in range(0, len(others), size)
    ]
    # Parts on one channel would share their kit, so drums go one per pass.
    for i, part in enumerate(drums):
        if i == len(passes):
            passes.append({})
        passes[i][part] = DRUM_CHANNEL
    return passes


def timed_events(
    sequence: "NoteSequence", channels: dict[Part, int], render_rate: int
) -> list[Event]:
    """List what the synthesiser has to do, in the order of playing.

    Parameters
    ----------
    sequence : NoteSequence
        Times in seconds.
    channels : dict
        Part -> channel; events of other parts are left out.
    render_rate : int
        Samples per second (Hz) of the synthesiser.

    Returns
    -------
    list of Event
        `(sample, order, method, arguments)`. Within a sample controllers
        come first (0), then note-offs (1), then note-ons (2), so that a
        repeated key is struck again. A note sounds at least one sample.
        Controllers after the last note are left out.
    """
    events = []
    for note in sequence.notes:
        channel = channels.get(part_of(note))
        if channel is None or note.velocity == 0:
            continue
        start = round(note.start_time * render_rate)
        end = max(round(note.end_time * render_rate), start + 1)
        on = (channel, note.pitch, note.velocity)
        events.append((start, 2, "noteon", on))
        events.append((end, 1, "noteoff", (channel, note.pitch)))
    last = max((event[0] for event in events), default=0)
    changes = _changes(sequence, channels, render_rate)
    events += [event for event in changes if event[0] <= last]
    return sorted(events, key=itemgetter(0, 1))


def _changes(
    sequence: "NoteSequence", channels: dict[Part, int], render_rate: int
) -> list[Event]:
    """List controllers and bends in the same form as `timed_events`."""
    found = []
    for change in sequence.control_changes:
        channel = channels.get(part_of(change))
        if channel is not None and change.control_number in CONTROLLERS:
            told = (channel, change.control_number, change.control_value)
            sample = max(round(change.time * render_rate), 0)
            found.append((sample, 0, "control_change", told))
    for bend in sequence.pitch_bends:
        channel = channels.get(part_of(bend))
        if channel is not None:
            told = (channel, bend.bend + BEND_CENTRE)
            sample = max(round(bend.time * render_rate), 0)
            found.append((sample, 0, "pitchbend", told))
    return found
