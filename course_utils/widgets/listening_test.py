"""A blind listening test as the last value of a cell: HTML that works alone.

In Jupyter, on the website and from a file, without server and network. The
page does the rest: see `elements/listening_test/element.js`. What the
listeners save is read by `evaluation.listening`.

What a clip is stands in the page only as `data-key`, in base64: hidden from
an honest listener's eyes, not from a spy.

Taught in: notebooks/64_listening_test.ipynb
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.basics.runtime import numpy_rng
from course_utils.evaluation.listening import KINDS
from course_utils.plots.listen import Clip, play
from course_utils.widgets.blind_clips import same_length, same_level
from course_utils.widgets.page_element import element_script

TAG = "listening-test"
SCRIPTS = (
    "shared/page_parts.js",
    "listening_test/order.js",
    "listening_test/view.js",
    "listening_test/element.js",
)
STYLE = "listening_test/style.css"
REAL = "real"  # the label that a question of this kind asks for
MAX_REPEATS = 100
DESCRIPTION = "The test tells after its last answer what this was."
WITHOUT_SCRIPT = (
    "This test needs JavaScript. Without it, let somebody else play the two "
    "clips of a question to you, in an order drawn with a coin that you do "
    "not see. Write down your answer before you ask what was what."
)


@dataclass(frozen=True)
class Question:
    """Two clips, and what is asked about them.

    Parameters
    ----------
    kind : str
        real, prefer or abx; see `evaluation.listening`.
    name : str
        Which pair this is. Shown after the last answer only.
    clips : tuple of two ndarray, shape (N,) each
        Samples; 1 is full scale.
    labels : tuple of two str
        What the clips are; for the kind real, one of them is `real`.
    repeats : int
        How often it is asked, each time in an order drawn anew.
    keep_levels : bool
        True keeps the difference of level between the two clips, where that
        is what the question is about.
    """

    kind: str
    name: str
    clips: tuple[np.ndarray, np.ndarray]
    labels: tuple[str, str]
    repeats: int = 1
    keep_levels: bool = False

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_range("repeats", self.repeats, 1, MAX_REPEATS)
        different = len(self.clips) == len(set(self.labels)) == 2
        if not different or (self.kind == REAL and REAL not in self.labels):
            raise CourseError(
                "two clips with two different labels, one of them real where "
                "the kind is real",
                f"{len(self.clips)} clips and the labels {self.labels}",
                "say what each clip is",
            )


@dataclass(frozen=True)
class ListeningTest:
    """A test as an element of a page; a notebook shows it by itself.

    Parameters
    ----------
    name : str
        In the CSV and in its file name.
    label : str
        What the listener reads above the test.
    clips : tuple of Clip
        Numbered, without a word about what they are.
    trials : tuple of dict
        `kind`, `question`, `clips` (two places in `clips`), `labels`.
    seed : int or None
        Of the order; None draws another one for each listener.
    """

    name: str
    label: str
    clips: tuple[Clip, ...] = field(repr=False)
    trials: tuple[dict, ...] = field(repr=False)
    seed: int | None = None

    def _repr_html_(self) -> str:
        key = base64.b64encode(json.dumps(self.trials).encode()).decode()
        order = "" if self.seed is None else f' seed="{self.seed}"'
        players = "".join(clip._repr_html_() for clip in self.clips)
        return (
            f'<listening-test name="{escape(self.name)}" '
            f'label="{escape(self.label)}"{order} data-key="{key}">'
            f"<p><strong>{escape(self.label)}</strong></p>"
            f"<p>{WITHOUT_SCRIPT}</p>{players}</listening-test>"
            + element_script(TAG, SCRIPTS, STYLE)
        )

    def key(self) -> str:
        """Return what each numbered clip is, for readers without script."""
        lines = {
            place: f"clip {place + 1}: {label} ({trial['question']})"
            for trial in self.trials
            for place, label in zip(
                trial["clips"], trial["labels"], strict=True
            )
        }
        return "\n".join(lines[place] for place in sorted(lines))


def listening_test(
    name: str,
    questions: Sequence[Question],
    sample_rate: int,
    *,
    label: str,
    seed: int,
    order_seed: int | None = None,
) -> ListeningTest:
    """Make a blind test from pairs of waveforms.

    The clips of a pair get one length, all clips one level, and the seed
    shuffles which of a pair comes first, so that nothing tells them apart
    but what they are.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens; it names the CSV.
    questions : sequence of Question
        At least one. Use a clip in one question only: whoever meets it
        twice knows that it is the real one.
    sample_rate : int
        In Hz; see `plots.listen.play`.
    label : str
        What the listener reads above the test.
    seed : int
        Of the shuffling of the pairs.
    order_seed : int, optional
        The same order for every listener. None, as it should be, draws
        another one for each.

    Returns
    -------
    ListeningTest
        Shown when it is the last value of a cell.

    Raises
    ------
    CourseError
        If there is no question, the name has other characters, or a clip is
        silent, too short or not mono.

    Taught in: notebooks/64_listening_test.ipynb
    """
    if not questions or not re.fullmatch(r"[a-z0-9-]+", name):
        raise CourseError(
            "questions, and a name of small letters, digits and hyphens",
            f"{len(questions)} questions and the name {name!r}",
            "name it as its file shall be called",
        )
    rng, trials = numpy_rng(seed), []
    sounds = _sounds(questions, sample_rate)
    clips: list[Clip] = []
    for question, pair in zip(questions, sounds, strict=True):
        order = rng.permutation(2).tolist()
        places = [len(clips), len(clips) + 1]
        clips += [
            _clip(pair[i], sample_rate, len(clips) + j + 1)
            for j, i in enumerate(order)
        ]
        trial = {"kind": question.kind, "question": question.name}
        trial |= {
            "clips": places,
            "labels": [question.labels[i] for i in order],
        }
        trials += [trial] * question.repeats
    return ListeningTest(name, label, tuple(clips), tuple(trials), order_seed)


def _sounds(
    questions: Sequence[Question], sample_rate: int
) -> list[list[np.ndarray]]:
    """Return the two clips of each question, at one level and length."""
    groups: list[list[np.ndarray]] = []
    for question in questions:
        pair = list(same_length(*question.clips, sample_rate))
        groups += [pair] if question.keep_levels else [[c] for c in pair]
    flat = [clip for group in same_level(groups) for clip in group]
    return [flat[i : i + 2] for i in range(0, len(flat), 2)]


def _clip(waveform: np.ndarray, sample_rate: int, number: int) -> Clip:
    """Return a player that tells nothing but its number."""
    return play(
        waveform,
        sample_rate,
        caption=f"Clip {number}",
        description=DESCRIPTION,
        match_loudness=False,
    )
