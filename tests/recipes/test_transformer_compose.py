from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes import composed_files, runs
from course_utils.recipes.composing import TURN_BARS, compose_takes, sounding
from course_utils.recipes.event_stepper import EventStepper
from course_utils.recipes.event_task import METRICAL, PERFORMANCE
from course_utils.recipes.music_transformer import load_model
from course_utils.recipes.transformer_compose import (
    continue_piece,
    encoding_for,
    generate_file,
)
from course_utils.sampling.harmony import Taste
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.chorale import (
    grid_to_sequence,
    sequence_to_grid,
)
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi

CHORDS = (
    (72, 67, 64, 48),
    (74, 67, 59, 55),
    (72, 69, 65, 53),
    (71, 67, 62, 55),
)
TASTE = Taste()


def in_four_voices():
    """A bar of 4/4, a chord on each quarter."""
    grid = np.repeat(np.array(CHORDS), 4, axis=0)
    return grid_to_sequence(grid, 90.0, (4, 4), velocity=70)


def for_piano():
    """Four bars of 3/4, a note on each beat."""
    piece = blank_sequence(120.0, (3, 4))
    for i in range(12):
        piece.notes.add(
            pitch=60 + 2 * (i % 5),
            velocity=60 + i,
            start_time=i / 2,
            end_time=i / 2 + 0.4,
            program=4,
        )
    piece.total_time = 6.0
    return piece


def freely():
    """The same bars, each note a little before or behind its beat."""
    piece = for_piano()
    for i, note in enumerate(piece.notes):
        note.start_time += 0.03 + 0.005 * (i % 7)
    return piece


PRIMERS = {
    "chorale": in_four_voices,
    "metrical": for_piano,
    "performance": freely,
}


@pytest.fixture(params=sorted(PRIMERS))
def encoding(request):
    return request.param


@pytest.fixture
def shipped(transformer_runs, tmp_path, monkeypatch):
    """Both trainings where a model is looked for."""
    monkeypatch.setattr(runs, "RUNS", tmp_path / "runs")
    for encoding, folder in transformer_runs.items():
        own = tmp_path / f"runs/music_transformer-{encoding}-smoke"
        own.mkdir(parents=True)
        own.joinpath(runs.MODEL_FILE).symlink_to(folder / runs.MODEL_FILE)


def test_without_a_checkpoint_the_piece_decides_who_reads_it():
    found = {
        name: encoding_for(None, make()) for name, make in PRIMERS.items()
    }
    assert found == {name: name for name in PRIMERS}
    too_high = grid_to_sequence(np.full((4, 4), 90))
    assert encoding_for(None, too_high) == "metrical"


def test_a_checkpoint_is_followed_whatever_the_piece(
    transformer_runs, encoding
):
    for make in PRIMERS.values():
        assert encoding_for(transformer_runs[encoding], make()) == encoding


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    run = runs.open_run(tmp_path, "lstm", resume=False)
    run.save_model({"config": {}})
    with pytest.raises(CourseError, match="one of lstm"):
        encoding_for(tmp_path, for_piano())


def test_new_bars_have_the_primers_meter_tempo_and_length(shipped, encoding):
    primer = PRIMERS[encoding]()
    new = continue_piece(None, primer, 2, taste=TASTE, seed=3, n_takes=2)
    assert new.notes
    assert new.tempos == primer.tempos
    assert new.time_signatures == primer.time_signatures
    beats = primer.time_signatures[0].numerator
    seconds = 2 * beats * 60 / primer.tempos[0].qpm
    assert new.total_time == pytest.approx(seconds)
    assert all(n.start_time < n.end_time <= seconds + 1e-6 for n in new.notes)


def test_a_chorale_is_gone_on_with_in_four_voices(shipped):
    words = {"taste": TASTE, "n_takes": 2, "as_loud": False}
    new = continue_piece(None, in_four_voices(), 1, **words)
    assert {note.velocity for note in new.notes} == {70}
    assert sequence_to_grid(new).shape == (16, 4)


def test_the_seed_decides_the_new_bars(shipped, encoding):
    words = {"taste": TASTE, "n_takes": 1, "as_loud": False}
    one, same, other = (
        continue_piece(None, PRIMERS[encoding](), 1, seed=seed, **words)
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    ("words", "named"),
    [({"n_bars": 0}, "bars"), ({"n_takes": 0}, "takes")],
)
def test_impossible_numbers_are_refused(words, named):
    with pytest.raises(CourseError, match=f"{named} from 1 to"):
        continue_piece(None, for_piano(), taste=TASTE, **words)


@pytest.mark.parametrize("task", [PERFORMANCE, METRICAL])
def test_takes_in_events_go_on_from_two_places(transformer_runs, task):
    model, _ = load_model(transformer_runs[task.name], task.name)
    bars = task.encoding.continuation(for_piano(), 12)
    takes = compose_takes(
        EventStepper(model, task.facts, 64),
        bars,
        3,
        temperature=1.0,
        top_p=1.0,
        key_pull=0.0,
        rng=torch.Generator().manual_seed(0),
    )
    lengths = [len(take.primer_events) for take, _ in takes]
    whole = len(bars.primer_events)
    assert lengths == [whole, bars.lively_lines(TURN_BARS)[0], whole]


def test_of_some_pieces_those_with_notes_are_heard():
    silence, music = blank_sequence(60.0, None), for_piano()
    assert sounding([silence, music]) == [music]
    with pytest.raises(CourseError, match="raise the temperature"):
        sounding([silence])


@pytest.fixture
def primer(tmp_path, encoding):
    sequence_to_midi(PRIMERS[encoding](), tmp_path / "in.mid")
    return tmp_path / "in.mid"


def test_a_file_is_gone_on_with_into_files(shipped, primer, tmp_path):
    out, wav = tmp_path / "new.mid", tmp_path / "new.wav"
    told = generate_file(primer, out, wav=wav, n_bars=1, n_takes=1, seed=2)
    written = midi_to_sequence(out)
    assert len(written.notes) == told["n_notes"]
    assert told["candidates"] == [{"out": str(out)}]
    assert (told["mode"], told["seed"], told["n_bars"]) == ("continue", 2, 1)
    assert told["meter"] in ("3/4", "4/4")
    assert Path(told["checkpoint"]).is_file()
    n_bytes = wav.stat().st_size
    assert n_bytes > 2 * composed_files.WAV_RATE * told["seconds"]


def test_all_harmonies_of_a_file_are_written(shipped, primer, tmp_path):
    out = tmp_path / "new.mid"
    told = generate_file(primer, out, mode="harmonise", n_takes=3)
    names = [tmp_path / f"new{end}.mid" for end in ("", "-2", "-3")]
    assert [c["out"] for c in told["candidates"]] == list(map(str, names))
    nll = [c["nll"] for c in told["candidates"]]
    assert nll == sorted(nll)
    melodies = set()
    for name in names:
        parts = {}
        for note in midi_to_sequence(name).notes:
            parts.setdefault(note.instrument, []).append(
                (note.start_time, note.pitch)
            )
        melodies.add(tuple(sorted(parts[0])))
    assert len(melodies) == 1
    assert told["above_soprano"] % 12 == 0
    assert not (tmp_path / "new-4.mid").exists()


def test_no_take_at_all_is_refused(shipped, primer, tmp_path):
    for mode in ("continue", "harmonise"):
        with pytest.raises(CourseError, match="from 1 to"):
            generate_file(primer, tmp_path / "x.mid", mode=mode, n_takes=0)
    assert not (tmp_path / "x.mid").exists()


def test_an_unknown_mode_is_refused(primer, tmp_path):
    with pytest.raises(CourseError, match="one of continue, harmonise"):
        generate_file(primer, tmp_path / "x.mid", mode="improvise")


def test_sound_needs_its_name(primer, tmp_path):
    with pytest.raises(CourseError, match=r"a file name ending in \.wav"):
        generate_file(primer, tmp_path / "x.mid", wav=tmp_path / "x.mid")


def test_a_checkpoint_of_performances_does_not_harmonise(
    transformer_runs, primer, tmp_path
):
    with pytest.raises(CourseError, match="one of music_transformer-perf"):
        generate_file(
            primer,
            tmp_path / "x.mid",
            mode="harmonise",
            checkpoint=transformer_runs["performance"],
        )


def test_a_network_of_chorales_needs_four_voices(transformer_runs):
    with pytest.raises(CourseError, match="a piece in four voices"):
        continue_piece(transformer_runs["chorale"], for_piano(), taste=TASTE)


def test_sound_that_is_too_loud_is_scaled_down(tmp_path, monkeypatch):
    sound = np.array([[0.0, 3.0, -1.5, 0.0]], np.float32)
    heard = {}
    monkeypatch.setattr(
        composed_files, "sequence_to_waveform", lambda piece, rate: sound
    )
    monkeypatch.setattr(
        composed_files,
        "write_wav",
        lambda path, wave, rate: (
            path.write_bytes(b"x"),
            heard.update(peak=np.abs(wave).max(), rate=rate),
        ),
    )
    told = composed_files.write_files(
        for_piano(), tmp_path / "a.mid", tmp_path / "a.wav"
    )
    assert heard["peak"] == pytest.approx(composed_files.PEAK)
    assert heard["rate"] == composed_files.WAV_RATE
    assert told["wav"] == str(tmp_path / "a.wav")
    assert told["tempo_bpm"] == pytest.approx(120.0)
    assert told["seconds"] == 6.0
