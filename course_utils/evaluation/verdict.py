"""What a comparison found, one plain sentence a question.

Same meter, tempo, key, loudness? The same instrument? A copy? What is not
known is not spoken of.

Taught in: notebooks/62_musical_judgement.ipynb
"""

from collections.abc import Iterator

from course_utils.evaluation.copying import COPY
from course_utils.evaluation.instrument import SAME_INSTRUMENT

TEMPO_TOLERANCE = 0.04  # relative; accuracy 1 of Gouyon et al. (2006)
LOUDNESS_TOLERANCE_DB = 1.0  # about the smallest step one hears
NAMED = (
    ("meter", "written meter"),
    ("meter_heard", "meter heard from the notes"),
    ("key", "estimated key"),
)
TEMPOS = (
    ("tempo_bpm", "written tempo", "quarter notes per minute"),
    ("tempo_heard_bpm", "tempo heard", "beats per minute"),
)


def verdict(result: dict[str, object]) -> list[str]:
    """Say in plain sentences what a comparison found.

    Parameters
    ----------
    result : dict
        From `report.compare_waveforms`, with the keys of
        `report.compare_sequences` or without.

    Returns
    -------
    list of str
        One sentence a question that can be answered.
    """
    known = {
        name: value
        for name, value in result.items()
        if value is not None
        and not (isinstance(value, list) and None in value)
    }
    questions = (_names, _tempos, _loudness, _instrument, _copy)
    return [sentence for ask in questions for sentence in ask(known)]


def _names(result: dict[str, object]) -> Iterator[str]:
    """Speak of what has a name: meters and keys."""
    for name, told in NAMED:
        if name in result:
            real, generated = result[name]
            same = "Same" if real == generated else "Different"
            yield f"{same} {told}: {real} and {generated}."


def _tempos(result: dict[str, object]) -> Iterator[str]:
    """Speak of the tempos; a heard one may be the double or the half."""
    for name, told, unit in TEMPOS:
        if name in result:
            real, generated = result[name]
            same = "Different"
            for factor, word in ((0.5, "Half the"), (2, "Double the")):
                if _near(generated, factor * real) and "heard" in told:
                    same = word
            same = "Same" if _near(generated, real) else same
            yield f"{same} {told}: {real:.1f} and {generated:.1f} {unit}."


def _near(tempo: float, other: float) -> bool:
    """Return whether two tempos count as equal."""
    return abs(tempo / other - 1) <= TEMPO_TOLERANCE


def _loudness(result: dict[str, object]) -> Iterator[str]:
    """Speak of the levels."""
    if "loudness_db" not in result:
        return
    real, generated = result["loudness_db"]
    difference = generated - real
    if abs(difference) <= LOUDNESS_TOLERANCE_DB:
        yield f"Same loudness, within {abs(difference):.1f} dB."
    else:
        word = "louder" if difference > 0 else "softer"
        yield f"Generated is {abs(difference):.1f} dB {word}."


def _instrument(result: dict[str, object]) -> Iterator[str]:
    """Speak of the timbre."""
    if "timbre_distance" in result:
        distance = result["timbre_distance"]
        told = "another instrument, or another register"
        if distance <= SAME_INSTRUMENT:
            told = "the same instrument"
        yield (
            f"Sounds like {told}: timbre distance {distance:.1f}; the same is "
            f"up to {SAME_INSTRUMENT}."
        )


def _copy(result: dict[str, object]) -> Iterator[str]:
    """Speak of what both sides have, note for note and sample for sample."""
    if "shared_run_share" in result:
        share, n = result["shared_run_share"], result["shared_run_events"]
        found = "A copy of notes" if share > COPY else "No copy of notes"
        yield (
            f"{found}: the longest run that both have is {n} events, "
            f"{share:.0%} of the generated piece."
        )
    if "copied_share" in result:
        share = result["copied_share"]
        found = "A copy of sound" if share > COPY else "No copy of sound"
        yield f"{found}: {share:.0%} of it is the real one, sample by sample."
