"""Cut whole bars out of a piece.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import warnings

import numpy as np

from course_utils.basics.checks import check_range
from course_utils.symbolic.meter import bar_lines_s

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq import sequences_lib
    from note_seq.protobuf import music_pb2


def bars_between(
    sequence: music_pb2.NoteSequence, first: int, n_bars: int
) -> music_pb2.NoteSequence:
    """Return some bars of a piece, from time 0, with their tempo and meter.

    Parameters
    ----------
    sequence : NoteSequence
        A whole piece.
    first : int
        The first bar, from 0; negative counts from the end.
    n_bars : int
        How many bars; fewer where the piece ends before.

    Returns
    -------
    NoteSequence
        Notes that begin in these bars, cut off where they end.

    Raises
    ------
    CourseError
        If the piece has no such bar.
    """
    edges = np.append(bar_lines_s(sequence), sequence.total_time)
    n_all = len(edges) - 1
    check_range("first bar", first, -n_all, n_all - 1)
    first %= n_all
    last = min(first + n_bars, n_all)
    return sequences_lib.extract_subsequence(
        sequence, float(edges[first]), float(edges[last])
    )
