import mido
import numpy as np
import pretty_midi
import pytest
from symbolic_examples import (
    midi_bytes,
    off,
    on,
    piece,
    random_piece,
    raw_midi,
    rows,
)

from course_utils.basics.checks import CourseError
from course_utils.symbolic import sequences
from course_utils.symbolic.sequences import (
    midi_to_sequence,
    music_pb2,
    sequence_to_midi,
    summarise,
)

# isort: split
from note_seq import midi_io

END = mido.MetaMessage("end_of_track")
TICK_S = 0.5 / 480


def read(tmp_path, data):
    path = tmp_path / "in.mid"
    path.write_bytes(data)
    return midi_to_sequence(path)


def there_and_back(tmp_path, sequence):
    path = tmp_path / "out.mid"
    sequence_to_midi(sequence, path)
    return midi_to_sequence(path)


def times(sequence):
    return [
        (round(n.start_time / TICK_S), round(n.end_time / TICK_S))
        for n in sequence.notes
    ]


# --- round trips -----------------------------------------------------------


@pytest.mark.parametrize("qpm", [120.0, 96.0, 168.0, 61.7])
@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (3, 2)])
def test_a_piece_comes_back_within_half_a_tick(tmp_path, np_rng, qpm, meter):
    before = random_piece(np_rng, qpm=qpm, meter=meter)
    after = there_and_back(tmp_path, before)
    tick_s = 60 / qpm / 480
    a, b = rows(before), rows(after)
    assert [row[2:] for row in a] == [row[2:] for row in b]
    error_s = np.abs(np.array(a)[:, :2] - np.array(b)[:, :2]).max()
    assert error_s <= tick_s / 2 + 1e-6
    assert after.tempos[0].qpm == pytest.approx(qpm, abs=1e-3)
    mark = after.time_signatures[0]
    assert (mark.numerator, mark.denominator) == meter


def test_a_second_round_trip_changes_nothing(tmp_path, np_rng):
    once = there_and_back(tmp_path, random_piece(np_rng, qpm=77.7))
    twice = there_and_back(tmp_path, once)
    assert twice.SerializeToString() == once.SerializeToString()


def test_tempo_meter_and_key_changes_come_back(tmp_path):
    before = piece([(0, 1, 60, 80), (5, 9, 62, 90)], meter=(3, 4))
    before.tempos.add(time=1.5, qpm=60.0)
    before.tempos.add(time=3.5, qpm=200.0)
    before.time_signatures.add(time=1.5, numerator=6, denominator=8)
    before.key_signatures.add(time=0.0, key=2)
    before.key_signatures.add(time=3.5, key=9, mode=1)
    after = there_and_back(tmp_path, before)
    tempos = [(t.time, t.qpm) for t in after.tempos]
    assert tempos == [(0, 120), (1.5, 60), (3.5, 200)]
    assert [
        (t.time, t.numerator, t.denominator) for t in after.time_signatures
    ] == [(0, 3, 4), (1.5, 6, 8)]
    keys = [(k.time, k.key, k.mode) for k in after.key_signatures]
    assert keys == [(0, 2, 0), (3.5, 9, 1)]
    assert [n.start_time for n in after.notes] == [0, 5]


@pytest.mark.parametrize("key", range(12))
@pytest.mark.parametrize("mode", [0, 1])
def test_all_24_keys_come_back(tmp_path, key, mode):
    before = piece([(0, 1, 60, 80)])
    before.key_signatures.add(key=key, mode=mode)
    found = there_and_back(tmp_path, before).key_signatures[0]
    assert (found.key, found.mode) == (key, mode)


def test_controllers_and_bends_come_back(tmp_path):
    before = piece([(0, 1, 60, 80, 0, 5)])
    before.control_changes.add(
        time=0.25, control_number=64, control_value=127, program=5
    )
    before.pitch_bends.add(time=0.5, bend=-4096, program=5)
    after = there_and_back(tmp_path, before)
    assert after.control_changes == before.control_changes
    assert after.pitch_bends == before.pitch_bends


def test_a_piece_without_time_signature_gets_none(tmp_path):
    path = tmp_path / "out.mid"
    sequence_to_midi(piece([(0, 1, 60, 80)]), path)
    assert not midi_to_sequence(path).time_signatures
    assert not pretty_midi.PrettyMIDI(str(path)).time_signature_changes


def test_forty_parts_keep_their_programs(tmp_path):
    notes = [(i, i + 1, 60, 80, i, 3 * i) for i in range(40)]
    before = piece([*notes, (0, 1, 38, 99, 40, 0, True)])
    assert rows(there_and_back(tmp_path, before)) == rows(before)


def test_two_programs_of_instrument_0_are_both_written(tmp_path):
    before = piece([(0, 1, 60, 80, 0, 0), (1, 2, 62, 80, 0, 40)])
    after = there_and_back(tmp_path, before)
    assert [(n.pitch, n.program) for n in after.notes] == [(60, 0), (62, 40)]


def test_unisons_that_overlap_keep_their_own_ends(tmp_path):
    before = piece([(0, 2, 60, 80), (1, 3, 60, 90), (1, 4, 60, 100)])
    assert rows(there_and_back(tmp_path, before)) == rows(before)


def test_a_note_shorter_than_a_tick_still_ends(tmp_path):
    before = piece([(1, 1 + 1e-5, 60, 80), (2, 3, 60, 80)])
    assert times(there_and_back(tmp_path, before)) == [
        (960, 961),
        (1920, 2880),
    ]


def test_the_default_resolution_holds_sixteenths_and_triplets(tmp_path):
    third = 0.5 / 3
    before = piece([(third, 2 * third, 60, 80)], resolution=0)
    after = there_and_back(tmp_path, before)
    assert after.ticks_per_quarter == 480
    assert times(after) == [(160, 320)]


def test_part_names_come_back(tmp_path):
    before = piece([(0, 1, 60, 80, 0), (0, 1, 40, 80, 1)])
    before.instrument_infos.add(instrument=1, name="bass")
    (info,) = there_and_back(tmp_path, before).instrument_infos
    assert (info.instrument, info.name) == (1, "bass")


# --- equal to note_seq where note_seq keeps things -------------------------


def test_what_note_seq_writes_is_read_as_note_seq_reads_it(tmp_path, np_rng):
    path = tmp_path / "ref.mid"
    midi_io.note_sequence_to_midi_file(random_piece(np_rng), str(path))
    ours, theirs = (
        midi_to_sequence(path),
        midi_io.midi_to_note_sequence(path.read_bytes()),
    )
    assert rows(ours) == rows(theirs)
    assert ours.time_signatures == theirs.time_signatures
    assert ours.tempos[0].qpm == pytest.approx(theirs.tempos[0].qpm)
    assert ours.total_time == pytest.approx(theirs.total_time)


def test_what_we_write_is_read_by_note_seq(tmp_path, np_rng):
    path = tmp_path / "ours.mid"
    before = random_piece(np_rng)
    sequence_to_midi(before, path)
    theirs = midi_io.midi_to_note_sequence(path.read_bytes())
    assert rows(theirs, 3) == rows(midi_to_sequence(path), 3)


def test_note_seq_loses_what_we_keep(tmp_path):
    """The reason for a reader and a writer of our own."""
    path = tmp_path / "theirs.mid"
    before = piece([(0, 1, 60, 80, 0, 0), (1, 2, 62, 80, 0, 40)], qpm=90.0)
    midi_io.note_sequence_to_midi_file(before, str(path))
    theirs = midi_io.midi_to_note_sequence(path.read_bytes())
    assert len(theirs.notes) == 1  # two programs under instrument 0
    assert theirs.time_signatures[0].numerator == 4  # invented
    tempo = next(
        m.tempo for m in mido.MidiFile(path).tracks[0] if m.type == "set_tempo"
    )
    assert tempo == 666_666  # cut off; 666,667 is nearest


# --- reading what other programs write -------------------------------------


def test_velocity_0_releases_a_note(tmp_path):
    track = [on(60, 0), on(60, 480, velocity=0), END]
    assert times(read(tmp_path, midi_bytes(track))) == [(0, 480)]


def test_balanced_overlaps_end_in_the_order_of_their_beginnings(tmp_path):
    track = [on(60), on(60, 240), off(60, 240), off(60, 240), END]
    sequence = read(tmp_path, midi_bytes(track))
    assert times(sequence) == [(0, 480), (240, 720)]


def test_a_missing_release_does_not_make_later_notes_ring_on(tmp_path):
    track = [on(60), on(60, 100), off(60, 100), on(60, 100), off(60, 100), END]
    sequence = read(tmp_path, midi_bytes(track))
    assert times(sequence) == [(0, 200), (100, 200), (300, 400)]


def test_a_stray_release_does_not_shift_all_later_ends(tmp_path):
    """As many offs as ons, but the first off has no on (music21, BWV 299)."""
    track = [
        off(60),
        on(60),
        on(60, 100),
        off(60, 50),
        on(60, 50),
        off(60, 50),
    ]
    sequence = read(tmp_path, midi_bytes([*track, END]))
    assert times(sequence) == [(0, 150), (100, 150), (200, 250)]


def test_a_note_never_released_is_left_out_as_note_seq_does(tmp_path):
    end = mido.MetaMessage("end_of_track", time=480)
    data = midi_bytes([on(60), off(60, 480), on(62, 480), end])
    assert times(read(tmp_path, data)) == [(0, 480)]
    assert rows(read(tmp_path, data)) == rows(
        midi_io.midi_to_note_sequence(data)
    )


def test_a_release_at_the_tick_of_a_new_strike_ends_the_old_note(tmp_path):
    track = [on(60), on(60, 480), off(60), off(60, 480), END]
    sequence = read(tmp_path, midi_bytes(track))
    assert times(sequence) == [(0, 480), (480, 960)]


def test_notes_without_length_are_left_out(tmp_path):
    track = [on(60), off(60), on(62), off(62, 10), END]
    assert [n.pitch for n in read(tmp_path, midi_bytes(track)).notes] == [62]


def test_tempo_and_meter_of_any_track_are_read(tmp_path):
    conductor = [mido.MetaMessage("track_name", name="empty"), END]
    track = [
        mido.MetaMessage("set_tempo", tempo=1_000_000),
        mido.MetaMessage("time_signature", numerator=3, denominator=8),
        on(60),
        off(60, 480),
        END,
    ]
    sequence = read(tmp_path, midi_bytes(conductor, track))
    assert sequence.tempos[0].qpm == 60
    assert sequence.time_signatures[0].denominator == 8
    assert sequence.notes[0].end_time == 1.0


def test_a_program_set_in_another_track_counts_for_its_channel(tmp_path):
    setup = [mido.Message("program_change", program=19, channel=2), END]
    track = [on(60, channel=2), off(60, 480, channel=2), END]
    sequence = read(tmp_path, midi_bytes(setup, track))
    assert sequence.notes[0].program == 19


def test_the_program_of_a_note_is_the_one_at_its_beginning(tmp_path):
    change = mido.Message("program_change", program=40, time=100)
    track = [on(60), change, off(60, 380), on(62), off(62, 480), END]
    sequence = read(tmp_path, midi_bytes(track))
    assert [n.program for n in sequence.notes] == [0, 40]
    assert [n.instrument for n in sequence.notes] == [0, 1]


def test_channel_10_is_drums(tmp_path):
    track = [on(38, channel=9), off(38, 480, channel=9), END]
    assert read(tmp_path, midi_bytes(track)).notes[0].is_drum


def test_impossible_meters_and_tempos_are_ignored(tmp_path):
    track = [
        mido.MetaMessage("set_tempo", tempo=0),
        mido.MetaMessage("time_signature", numerator=0, denominator=4),
        mido.MetaMessage("time_signature", numerator=4, denominator=2**20),
        on(60),
        off(60, 480),
        END,
    ]
    sequence = read(tmp_path, midi_bytes(track))
    assert not sequence.time_signatures
    assert sequence.tempos[0].qpm == 120


# --- errors ----------------------------------------------------------------

GOOD = midi_bytes([on(60), off(60, 480), END])
# At 120 quarters per minute and 480 ticks, an hour has 3,456,000 ticks.
HOUR = midi_bytes([on(60), off(60, 3_456_000), END])
BOMB = midi_bytes([on(60), off(60, 2**28 - 1), END], resolution=1)
BAD = {
    "empty": (b"", "an empty file"),
    "text": (b"I am not music", "begins with MThd; got another kind"),
    "wav": (b"RIFF\x00\x00\x00\x00WAVE", "another kind of file"),
    "header only": (GOOD[:14], "cut off after 14 bytes"),
    "half": (GOOD[: len(GOOD) // 2], "cut off"),
    "no notes": (midi_bytes([END]), "without any note"),
    "hour": (HOUR, "at most 50 minutes of music.*got 60 minutes"),
    "delta bomb": (BOMB, "at most 50 minutes.*wrong delta time"),
    "many bombs": (
        raw_midi((b"\xff\xff\xff\x7f\x90\x3c\x40") * 60_000),
        "at most 50 minutes",
    ),
    "endless number": (raw_midi(b"\xff" * 2_000_000), "another kind of file"),
    "bad status": (raw_midi(b"\x00\xf4\x00\x00\xff\x2f\x00"), "damage"),
    "bad data": (raw_midi(b"\x00\x90\x3c\xc0\x00\xff\x2f\x00"), "damage"),
    "time code": (raw_midi(b"\x00\xff\x2f\x00", resolution=0xE728), "type 0"),
    "type 2": (raw_midi(b"\x00\xff\x2f\x00", kind=2), "got type 2"),
    "no tracks": (raw_midi(b"", n_tracks=0), "without any note"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_one_clear_error(tmp_path, name):
    data, message = BAD[name]
    with pytest.raises(CourseError, match=message):
        read(tmp_path, data)


@pytest.mark.parametrize("n_bytes", range(1, len(GOOD)))
def test_a_file_cut_anywhere_never_gives_another_error(tmp_path, n_bytes):
    with pytest.raises(CourseError):
        read(tmp_path, GOOD[:n_bytes])


def test_random_damage_never_gives_another_error(tmp_path, np_rng):
    body = midi_bytes(
        [
            mido.MetaMessage("key_signature", key="Bb"),
            *[on(60), off(60, 9)] * 9,
        ]
    )
    for _ in range(300):
        data = bytearray(body)
        for place in np_rng.integers(14, len(data), 3):
            data[place] = np_rng.integers(256)
        try:
            sequence = read(tmp_path, bytes(data))
        except CourseError:
            continue
        assert sequence.notes


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(CourseError, match=r"a MIDI file at .*got a folder"):
        midi_to_sequence(tmp_path)
    with pytest.raises(CourseError, match="nothing there"):
        midi_to_sequence(tmp_path / "none.mid")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(CourseError, match="check its permissions"):
        read(tmp_path, GOOD)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(sequences, "MAX_FILE_BYTES", 2**20)
    with pytest.raises(CourseError, match=r"at most 1 MiB.*got 2 MiB"):
        read(tmp_path, b"MThd" + bytes(2 * 2**20))


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ([], "at least one note to write"),
        ([(0, 1, 128, 80)], "pitch of a note"),
        ([(0, 1, 60, 0)], "velocity of a note"),
        ([(1, 0.5, 60, 80)], "end of a note"),
        ([(-1, 0.5, 60, 80)], "start of a note"),
        ([(0, float("nan"), 60, 80)], "end of a note"),
        ([(0, 3_001, 60, 80)], "end of a note"),
        ([(0, 1, 60, 80, 0, 128)], "program of a note"),
    ],
)
def test_a_sequence_midi_cannot_hold_is_refused(tmp_path, notes, message):
    path = tmp_path / "out.mid"
    with pytest.raises(CourseError, match=message):
        sequence_to_midi(piece(notes), path)
    assert not path.exists()


def test_impossible_tempos_are_not_written(tmp_path):
    with pytest.raises(CourseError, match="tempo"):
        sequence_to_midi(piece([(0, 1, 60, 80)], qpm=0.5), tmp_path / "x.mid")


def test_a_folder_is_no_place_for_a_file(tmp_path):
    with pytest.raises(CourseError, match="add a file name"):
        sequence_to_midi(piece([(0, 1, 60, 80)]), tmp_path)


def test_an_old_file_stays_whole_when_writing_fails(tmp_path, monkeypatch):
    path = tmp_path / "out.mid"
    sequence_to_midi(piece([(0, 1, 60, 80)]), path)
    before = path.read_bytes()

    def fail(self, filename):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mido.MidiFile, "save", fail)
    with pytest.raises(CourseError, match="a full disk"):
        sequence_to_midi(piece([(0, 1, 62, 80)]), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out.mid"]


def test_the_summary_says_what_is_there():
    sequence = piece(
        [(0, 1, 60, 80), (1, 2.5, 67, 90), (0, 1, 36, 100, 1, 0, True)],
        meter=(3, 4),
    )
    about = summarise(sequence)
    assert about["n_notes"] == 3
    assert about["duration_s"] == 2.5
    assert about["parts"] == [(0, 2), ("drums", 1)]
    assert about["pitches"] == ("C2", "G4")
    assert about["velocities"] == (80, 90.0, 100)
    assert about["time_signatures"] == [(0, "3/4")]
    assert about["tempos"] == [(0, 120)]


def test_an_empty_sequence_can_be_summarised():
    assert summarise(music_pb2.NoteSequence())["n_notes"] == 0
