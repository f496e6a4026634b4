import json

import pytest

from course_utils import cli
from course_utils.basics.checks import CourseError
from course_utils.data.corpora import Corpus, Piece
from course_utils.data.report import Skipped
from course_utils.recipes import data_sets
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi


def piece(name, split):
    sequence = blank_sequence(90.0, (3, 4))
    sequence.notes.add(pitch=60, velocity=80, end_time=1.0)
    sequence.total_time = 1.0
    return Piece(name, split, sequence)


@pytest.fixture
def corpus(monkeypatch):
    pieces = [
        piece("bwv1.6", "train"),
        piece("bwv2", "validation"),
        piece("a/b.midi", "test"),
    ]
    corpus = Corpus(pieces, [Skipped("bwv3", "no bass")])
    monkeypatch.setattr(data_sets, "chorales", lambda preset: corpus)
    return corpus


def test_pieces_are_written_as_midi_by_split(corpus, tmp_path):
    out = tmp_path / "scores"
    result = data_sets.prepare("scores", "smoke", out)
    files = sorted(p.relative_to(out).as_posix() for p in out.rglob("*.mid"))
    assert files == ["test/a_b.mid", "train/bwv1.6.mid", "validation/bwv2.mid"]
    assert result["n_by_split"] == {"train": 1, "validation": 1, "test": 1}
    assert result["skipped"] == ["bwv3: no bass"]
    back = midi_to_sequence(out / files[0])
    assert back.time_signatures[0].numerator == 3


def test_an_existing_folder_is_never_written_over(corpus, tmp_path):
    with pytest.raises(CourseError, match="a folder that is not there yet"):
        data_sets.prepare("scores", "smoke", tmp_path)


def test_a_full_disk_leaves_no_half_set(corpus, tmp_path, monkeypatch):
    def fail(sequence, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data_sets, "sequence_to_midi", fail)
    with pytest.raises(CourseError, match="a full disk"):
        data_sets.prepare("scores", "smoke", tmp_path / "scores")
    assert not list(tmp_path.iterdir())


def test_a_folder_of_midi_files_is_a_set(tmp_path):
    for i in range(4):
        sequence_to_midi(
            piece("x", "train").sequence, tmp_path / "mine" / f"{i}.mid"
        )
    # equal content is one piece, so only one of the four is taken
    assert len(data_sets.load_pieces(str(tmp_path / "mine"), "smoke")) == 1


def test_sounds_are_no_pieces():
    with pytest.raises(CourseError, match="a set of sounds"):
        data_sets.load_pieces("notes", "smoke")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(CourseError, match="notes, chorales, nsynth"):
        data_sets.load_pieces("no-such-set", "smoke")


def test_the_command_counts_what_it_wrote(corpus, tmp_path, capsys):
    words = ["data", "scores", "--preset", "smoke", "--json"]
    assert cli.main([*words, "--out", str(tmp_path / "s")]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["n_items"], result["items"]) == (3, "pieces")


@pytest.fixture
def jsb_on_the_web(tmp_path, monkeypatch):
    """The JSB chorales: three, behind fetch_part and nowhere else."""
    root = tmp_path / "data"
    monkeypatch.setenv("COURSE_DATA_DIR", str(root))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    chorale = [[72, 67, 64, 48]] * 8
    content = {side: [chorale] for side in ("train", "valid", "test")}

    def fetch_part(name, part=None, place=None, *, say):
        assert name == "jsb"
        say("music in the public domain")
        (root / "jsb").mkdir(parents=True)
        path = root / "jsb" / "Jsb16thSeparated.json"
        path.write_text(json.dumps(content))
        return path.parent

    monkeypatch.setattr(data_sets.source_files, "fetch_part", fetch_part)
    return root / "jsb"


def test_a_set_that_is_nowhere_is_fetched_once(jsb_on_the_web, capsys):
    for again in (False, True):
        assert cli.main(["data", "jsb", "--json"]) == 0
        told = capsys.readouterr()
        result = json.loads(told.out)
        assert result["path"] == str(jsb_on_the_web)
        assert result["n_items"] == 3
        assert ("public domain" in told.err.split("reading")[0]) != again


def test_what_was_fetched_is_written_as_midi_if_asked(
    jsb_on_the_web, tmp_path
):
    out = tmp_path / "midi"
    result = data_sets.prepare("jsb", "smoke", out)
    assert result["path"] == str(out)
    assert len(list(out.rglob("*.mid"))) == 3
    assert jsb_on_the_web.is_dir()


def test_only_real_sets_have_parts(corpus):
    with pytest.raises(CourseError, match="leave out --part"):
        data_sets.prepare("scores", "smoke", None, part="test")


def test_notes_are_packed_into_shards(tmp_path, capsys):
    words = ["data", "notes", "--preset", "smoke", "--json", "--shards"]
    out = tmp_path / "shards"
    for _ in range(2):  # what is packed stays
        assert cli.main([*words, "--out", str(out)]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["path"] == str(out)
        assert result["n_items"] == sum(result["n_by_split"].values()) == 72
    assert len(list(out.glob("*.parquet"))) == 1


def test_only_sounds_are_packed(corpus):
    with pytest.raises(CourseError, match="leave out --shards"):
        data_sets.prepare("scores", "smoke", None, shards=True)


def test_a_broken_fetch_into_a_folder_can_be_repeated(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(
        data_sets.source_files,
        "fetch_part",
        lambda name, part, out, *, say: out / "nsynth-gansynth-splits",
    )
    (tmp_path / "out" / "nsynth-gansynth-splits").mkdir()
    result = data_sets.prepare(
        "nsynth", "smoke", tmp_path / "out", part="gansynth-splits"
    )
    assert result["n_items"] == 0
