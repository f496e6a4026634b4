"""Write the sustain pedal into the lengths of the notes.

Taught in: notebooks/31_event_tokens.ipynb
"""

import warnings

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq import sequences_lib
    from note_seq.protobuf import music_pb2

PEDAL = 64  # the controller's number; 64 to 127 means down


def apply_pedal(
    sequence: music_pb2.NoteSequence,
) -> music_pb2.NoteSequence:
    """Lengthen every note that a pedal holds, as its string rings on.

    Parameters
    ----------
    sequence : NoteSequence
        Not changed.

    Returns
    -------
    NoteSequence
        A copy whose notes last until the pedal is lifted or their key is
        struck again, without pedal controllers; without a pedal, `sequence`
        itself.
    """
    pedals = [c.control_number == PEDAL for c in sequence.control_changes]
    if not any(pedals):
        return sequence
    held = sequences_lib.apply_sustain_control_changes(sequence)
    others = [
        change
        for change in held.control_changes
        if change.control_number != PEDAL
    ]
    del held.control_changes[:]
    held.control_changes.extend(others)
    return held
