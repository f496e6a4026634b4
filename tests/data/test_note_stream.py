import json
import pickle
from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest
from torch.utils.data import DataLoader

from course_utils.basics.checks import CourseError
from course_utils.data.note_shards import (
    INDEX,
    ShardConfig,
    shard_name,
    write_shards,
)
from course_utils.data.note_sources import NoteSource, folder_source
from course_utils.data.note_stream import NoteStream
from course_utils.data.nsynth import NSynthNotes

N_NOTES = 203
FAMILIES = ("brass", "flute", "string")


def record_of(place):
    family = place * 3 // N_NOTES
    instrument = f"{FAMILIES[family]}_acoustic_{place // 10:03d}"
    return {
        "note_str": f"{instrument}-{place % 100:03d}-{place:03d}",
        "note": place,
        "instrument": place // 10,
        "instrument_str": instrument,
        "instrument_family": (1, 2, 8)[family],
        "instrument_family_str": FAMILIES[family],
        "instrument_source": place % 2,
        "instrument_source_str": ("acoustic", "electronic")[place % 2],
        "pitch": place % 100,
        "velocity": 100,
        "sample_rate": 16_000,
    }


def read(start, skipped):
    for place in range(start, N_NOTES):
        yield record_of(place), np.array([place / 32_768])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    source = NoteSource("numbers", N_NOTES, read)
    config = ShardConfig(n_per_shard=50, n_per_group=7, codec="pcm16")
    return write_shards(source, tmp_path_factory.mktemp("numbers"), config)


def names(items):
    return [item["note_str"] for item in items]


def whole():
    return [record_of(place)["note_str"] for place in range(N_NOTES)]


def batches_of(stream, n_workers):
    loader = DataLoader(
        stream, batch_size=4, num_workers=n_workers, collate_fn=names
    )
    return loader


def test_without_a_seed_the_order_is_that_of_the_shards(folder):
    assert names(NoteStream(folder)) == whole()


def test_a_sound_belongs_to_its_note(folder):
    for item in islice(NoteStream(folder, seed=1), 50):
        place = int(item["note_str"].rsplit("-", 1)[1])
        assert item["waveform"][0] * 32_768 == place


def test_an_epoch_has_every_note_once_in_another_order(folder):
    stream = NoteStream(folder, seed=3, n_epochs=2)
    found = names(stream)
    first, second = found[:N_NOTES], found[N_NOTES:]
    assert sorted(first) == sorted(second) == sorted(whole())
    assert first != whole()
    assert first != second


def test_the_seed_alone_decides_about_the_order(folder):
    order = names(NoteStream(folder, seed=3))
    assert order == names(NoteStream(folder, seed=3))
    assert order != names(NoteStream(folder, seed=4))


def test_a_window_mixes_its_groups(folder):
    found = names(NoteStream(folder, seed=3, n_window=4))[:28]
    places = [int(name.rsplit("-", 1)[1]) for name in found]
    groups = [place // 50 * 8 + place % 50 // 7 for place in places]
    assert len(set(groups)) in (4, 5)  # the last group of a shard is short
    assert any(a != b for a, b in pairwise(groups))
    assert len(set(groups[:7])) > 1


def test_filters_keep_what_is_asked_for(folder):
    def expected(**wanted):
        return [
            record["note_str"]
            for record in map(record_of, range(N_NOTES))
            if all(record[key] in values for key, values in wanted.items())
        ]

    stream = NoteStream(folder, families=["flute"], pitches=range(10, 60))
    assert names(stream) == expected(
        instrument_family_str=["flute"], pitch=range(10, 60)
    )
    assert stream.n_notes == len(names(stream))
    stream = NoteStream(folder, sources=["electronic"])
    assert names(stream) == expected(instrument_source_str=["electronic"])


def test_groups_without_a_wanted_note_are_not_read(folder, monkeypatch):
    stream = NoteStream(folder, families=["string"])
    n_all = len(NoteStream(folder).groups)
    assert len(stream.groups) < n_all / 2


def test_the_two_splits_make_the_whole_and_share_no_instrument(folder):
    sides = [
        names(NoteStream(folder, split=s)) for s in ("train", "validation")
    ]
    assert sorted(sides[0] + sides[1]) == sorted(whole())
    instruments = [{name.split("-")[0] for name in side} for side in sides]
    assert not instruments[0] & instruments[1]


def test_sounds_can_be_left_unread(folder):
    item = next(iter(NoteStream(folder, with_sound=False)))
    assert set(item) == {
        "pitch",
        "velocity",
        "family",
        "family_name",
        "instrument",
        "note_str",
    }


@pytest.mark.parametrize("n_ranks", [2, 3])
def test_processes_share_an_epoch_without_overlap(folder, n_ranks):
    found = Counter()
    for rank in range(n_ranks):
        stream = NoteStream(folder, seed=5, reader=(rank, n_ranks))
        found.update(names(stream))
    assert found == Counter(whole())


def test_workers_share_what_their_process_has(folder):
    found = Counter()
    for rank in range(2):
        stream = NoteStream(folder, seed=5, reader=(rank, 2))
        for batch in batches_of(stream, n_workers=2):
            found.update(batch)
    assert found == Counter(whole())


@pytest.mark.parametrize("n_taken", [0, 1, 27, 28, 29, 200, 203, 350])
@pytest.mark.parametrize("seed", [None, 3])
def test_a_stream_goes_on_exactly_where_it_was(folder, n_taken, seed):
    options = {"seed": seed, "n_epochs": 2, "n_window": 4}
    straight = names(NoteStream(folder, **options))
    stream = NoteStream(folder, **options)
    assert names(islice(iter(stream), n_taken)) == straight[:n_taken]
    place = json.loads(json.dumps(stream.place()))
    other = NoteStream(folder, **options)
    other.seek(place)
    assert names(other) == straight[n_taken:]


@pytest.mark.parametrize("n_workers", [0, 2])
def test_a_loader_goes_on_exactly_where_it_was(folder, n_workers):
    options = {"seed": 3, "n_epochs": None, "families": ["brass", "string"]}
    loader = batches_of(NoteStream(folder, **options), n_workers)
    straight = list(islice(loader, 75))  # well into the third epoch
    stream = NoteStream(folder, **options)
    stream.seek(stream.place_after(61, 4, n_workers))
    assert list(islice(batches_of(stream, n_workers), 14)) == straight[61:]


def test_another_number_of_workers_cannot_go_on(folder):
    stream = NoteStream(folder, seed=3)
    stream.seek(stream.place_after(5, 4, 2))
    with pytest.raises(CourseError, match="2 workers, as when"):
        next(iter(stream))


def test_an_endless_stream_does_not_end(folder):
    stream = NoteStream(folder, seed=0, n_epochs=None, with_sound=False)
    counts = Counter(names(islice(stream, 5 * N_NOTES)))
    assert set(counts.values()) == {5}


def test_a_stream_can_be_sent_to_another_process(folder):
    stream = pickle.loads(pickle.dumps(NoteStream(folder, seed=1)))
    assert sorted(names(stream)) == sorted(whole())


def test_more_readers_than_groups_are_refused(folder):
    stream = NoteStream(folder, pitches=[3], reader=(0, 9))
    with pytest.raises(CourseError, match="use fewer workers"):
        list(stream)


def test_a_choice_without_notes_is_refused(folder):
    with pytest.raises(CourseError, match="none that is wanted"):
        NoteStream(folder, families=["vocal"])
    with pytest.raises(CourseError, match="families to be one of"):
        NoteStream(folder, families=["drums"])
    with pytest.raises(CourseError, match="rank from 0 to 1"):
        NoteStream(folder, reader=(2, 2))


@pytest.fixture
def mine(nsynth_folder, tmp_path):
    config = ShardConfig(n_per_shard=15, n_per_group=5)
    return write_shards(folder_source(nsynth_folder), tmp_path / "s", config)


def test_a_flipped_byte_is_seen(mine):
    path = mine / shard_name(1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CourseError, match="whole shard of notes"):
        list(NoteStream(mine))


def test_a_missing_shard_is_named(mine):
    (mine / shard_name(1)).unlink()
    with pytest.raises(CourseError, match=r"a shard of notes at .*00001"):
        NoteStream(mine)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 2}', '{"n_notes": [1]}', "\x00"]
)
def test_an_unfinished_or_foreign_index_is_refused(mine, text):
    (mine / INDEX).write_text(text)
    with pytest.raises(CourseError, match="pack the notes again"):
        NoteStream(mine)
    (mine / INDEX).unlink()
    with pytest.raises(CourseError, match="the index of packed notes"):
        NoteStream(mine)


def test_real_splits_are_those_of_the_folder(mine, nsynth_folder):
    stream = NoteStream(mine, split="validation")
    notes = NSynthNotes(nsynth_folder, "validation")
    assert names(stream) == [r["note_str"] for r in notes.records]
