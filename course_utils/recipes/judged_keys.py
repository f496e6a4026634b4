"""How often is the written key of a chorale heard?

The task: name the key of a chorale from its notes, against what is written.

The known key: a key signature cannot tell C major from A minor, and for some
chorales the encoders wrote an old signature (a Dorian one, a flat short) as
the key that it would mean today. So a key counts as known where two witnesses
agree: what is written, and the last note of the bass. The judge gives the
last note no weight of its own. The rest are scored apart.
Metric: the mean MIREX score (`kept.key_score`), and the share of keys named
exactly.

Taught in: notebooks/62_musical_judgement.ipynb
"""

from collections.abc import Iterable, Sequence

from course_utils.data.corpora import Piece
from course_utils.data.splits import hash_share
from course_utils.evaluation import musical
from course_utils.evaluation.bootstrap import mean_interval
from course_utils.evaluation.kept import key_score
from course_utils.evaluation.shares import share_right

N_CHORALES = 100
BASS = 3  # instrument
PROFILES = {
    "Krumhansl-Kessler": musical.PROFILES,
    "Albrecht-Shanahan": musical.ALBRECHT_SHANAHAN,
}


def by_hash(pieces: Iterable[Piece]) -> list[Piece]:
    """Return pieces in the order of their names' hashes."""
    return sorted(pieces, key=lambda piece: hash_share(piece.name))


def written_key(piece: Piece) -> str:
    """Return the key that is written first, as `musical.key` names keys."""
    mark = piece.sequence.key_signatures[0]
    mode = "minor" if mark.mode else "major"
    return f"{musical.TONICS[mode][mark.key]} {mode}"


def ends_on_tonic(piece: Piece) -> bool:
    """Return whether the last note of the bass is the written tonic."""
    bass = [note for note in piece.sequence.notes if note.instrument == BASS]
    last = max(bass, key=lambda note: note.start_time)
    return last.pitch % 12 == piece.sequence.key_signatures[0].key


def measure_key(chorales: Sequence[Piece], seed: int) -> dict[str, object]:
    """Choose profiles on some chorales, and score them on 100 others.

    Of the chorales with a known key those outside the training split are
    judged, and training ones by hash up to 100; the profiles are chosen on
    all others.

    Parameters
    ----------
    chorales : sequence of Piece
        With key signatures.
    seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        `n_known`, `n_unknown`; `chosen_on` (profiles -> what `key_figures`
        returns), `chosen`; `test` (profiles -> likewise), `unknown`
        (likewise, of all chorales whose two witnesses disagree); `pieces`:
        name -> written and heard.
    """
    known = [piece for piece in by_hash(chorales) if ends_on_tonic(piece)]
    unknown = [piece for piece in chorales if not ends_on_tonic(piece)]
    known.sort(key=lambda piece: piece.split == "train")
    test, learn = known[:N_CHORALES], known[N_CHORALES:]
    tried = {name: key_figures(learn, name, seed) for name in PROFILES}
    chosen = max(tried, key=lambda name: tried[name]["score"])
    return {
        "n_known": len(known),
        "n_unknown": len(unknown),
        "chosen_on": tried,
        "chosen": chosen,
        "test": {name: key_figures(test, name, seed) for name in PROFILES},
        "unknown": key_figures(unknown, chosen, seed) if unknown else None,
        "pieces": {
            piece.name: [written_key(piece), _heard(piece, chosen)]
            for piece in test
        },
    }


def key_figures(
    pieces: Sequence[Piece], profiles: str, seed: int
) -> dict[str, object]:
    """Score one kind of profiles.

    Returns
    -------
    dict
        `score`, the mean MIREX score, with `score_interval`, and `exact`,
        the share of keys named exactly.
    """
    scores = [
        key_score(written_key(piece), _heard(piece, profiles))
        for piece in pieces
    ]
    low, high = mean_interval(scores, seed)
    return {
        "score": round(sum(scores) / len(scores), 4),
        "score_interval": [round(low, 4), round(high, 4)],
        "exact": share_right([score == 1 for score in scores]),
    }


def _heard(piece: Piece, profiles: str) -> str:
    """Return the key that is heard."""
    return musical.key(piece.sequence, PROFILES[profiles])
