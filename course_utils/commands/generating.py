"""`course generate`: a trained model composes or plays.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse

from course_utils.commands.parsing import (
    Answer,
    add_checkpoint,
    add_command,
    add_models,
    add_seed,
)

OCTAVE = 12  # semitones


def add_generate(commands: argparse._SubParsersAction) -> None:
    """Add `course generate` and its models."""
    models = add_models(commands, "generate", "compose or play")
    _add_lstm(models)
    _add_transformer(models)
    text = "play a note, or a MIDI file"
    gan = add_command(models, "gansynth", text, _gansynth)
    what = gan.add_mutually_exclusive_group(required=True)
    text = "MIDI pitch; 60 is C4, and 48 to 84 were learnt"
    what.add_argument("--pitch", type=int, help=text)
    what.add_argument("--midi", help="MIDI file to play")
    gan.add_argument(
        "--timbre",
        help="such as brass, flute or keyboard; an unknown one is answered "
        "with the list. Default: for a note the seed draws it, for a MIDI "
        "file its programs choose",
    )
    gan.add_argument("--out", required=True, help="wav file to write")
    add_seed(gan)
    add_checkpoint(gan)


def _add_lstm(models: argparse._SubParsersAction) -> None:
    """Add the composer."""
    lstm = add_command(models, "lstm", "go on with a MIDI file", _lstm)
    _add_piece(lstm)
    lstm.add_argument("--bars", type=int, default=8, help="default: 8")
    _add_taste(lstm)
    lstm.add_argument(
        "--takes",
        type=int,
        default=16,
        help="how many to compose; the one most like the primer is kept",
    )
    add_seed(lstm)
    add_checkpoint(lstm)


def _add_piece(command: argparse.ArgumentParser) -> None:
    """Add what goes in and what comes out."""
    command.add_argument("--primer", required=True, help="MIDI file")
    text = "MIDI file to write; it holds what is new"
    command.add_argument("--out", required=True, help=text)
    command.add_argument("--wav", help="also write the sound to this file")


def _add_taste(command: argparse.ArgumentParser) -> None:
    """Add how daring the choices are."""
    text = "below 1 is safer, above 1 more daring; default: 1"
    command.add_argument("--temperature", type=float, default=1.0, help=text)
    text = "draw from the likeliest events that hold this share; default: 0.95"
    command.add_argument("--top-p", type=float, default=0.95, help=text)


def _add_transformer(models: argparse._SubParsersAction) -> None:
    """Add the composer by attention."""
    text = "go on with a MIDI file, or harmonise its melody"
    add = add_command(models, "music_transformer", text, _transformer)
    _add_piece(add)
    add.add_argument(
        "--mode", choices=["continue", "harmonise"], default="continue"
    )
    text = "to compose, in mode continue; default: 8"
    add.add_argument("--bars", type=int, default=8, help=text)
    _add_taste(add)
    add.add_argument(
        "--top-k", type=int, help="draw from the likeliest events only"
    )
    add.add_argument(
        "--takes",
        type=int,
        help="how many to compose; continue keeps the one most like the "
        "primer, harmonise writes all, the likeliest to --out",
    )
    add_seed(add)
    add_checkpoint(add)


def _transformer(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import transformer_compose
    from course_utils.sampling.harmony import Taste

    result = transformer_compose.generate_file(
        parsed.primer,
        parsed.out,
        mode=parsed.mode,
        wav=parsed.wav,
        checkpoint=parsed.checkpoint,
        taste=Taste(parsed.temperature, parsed.top_p, parsed.top_k),
        n_bars=parsed.bars,
        n_takes=parsed.takes,
        seed=parsed.seed,
    )
    text = "{n_notes} notes, {seconds:.1f} s, {meter} at {tempo_bpm:.0f} bpm"
    lines = [text.format(**result)]
    for found in result["candidates"]:
        price = f": {found['nll']:.3f} nats a note" if "nll" in found else ""
        lines.append(found["out"] + price)
    if len(lines) > 2:
        lines.append("fewer nats: likelier to the network, so more usual")
    lines += [result["wav"]] if result["wav"] else []
    lines += _far_from_soprano(result.get("above_soprano", 0))
    lines.append(f"checkpoint {result['checkpoint']}")
    return result, "\n".join(lines)


def _far_from_soprano(semitones: int) -> list[str]:
    """Say so where the voices under a melody lie where no choir sings."""
    if abs(semitones) < OCTAVE:
        return []
    side = "above" if semitones > 0 else "below"
    return [
        f"the melody lies {abs(semitones)} semitones {side} a soprano's "
        "place, and so do the voices under it"
    ]


def _lstm(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import lstm_compose

    result = lstm_compose.generate_file(
        parsed.primer,
        parsed.out,
        wav=parsed.wav,
        checkpoint=parsed.checkpoint,
        n_bars=parsed.bars,
        temperature=parsed.temperature,
        top_p=parsed.top_p,
        seed=parsed.seed,
        n_takes=parsed.takes,
    )
    return result, (
        "{n_notes} notes, {n_bars} bars of {meter} at {tempo_bpm:.0f} bpm in "
        "{out} (checkpoint {checkpoint})"
    ).format(**result)


def _gansynth(parsed: argparse.Namespace) -> Answer:
    choice = (parsed.timbre, parsed.seed, parsed.checkpoint)
    if parsed.midi is None:
        # The path to a single note stays free of slow imports.
        from course_utils.recipes.gansynth_player import generate_note_file

        result = generate_note_file(parsed.out, parsed.pitch, *choice)
        text = (
            "{name} {timbre}, {seconds:g} s, in {out} "
            "(checkpoint {checkpoint})"
        )
        return result, text.format(**result)
    from course_utils.recipes.gansynth_midi import play_midi_file

    result = play_midi_file(parsed.midi, parsed.out, *choice)
    text = "{n_notes} notes, {seconds:.1f} s, in {out}: "
    text = text.format(**result) + ", ".join(
        f"program {program} by {timbre}"
        for program, timbre in result["timbres"].items()
    )
    changes = {
        "moved by octaves": result["n_moved"],
        "of drums left out": result["n_drums"],
        "of unknown pitch left out": result["n_left_out"],
    }
    return result, text + "".join(
        f"; {count} {what}" for what, count in changes.items() if count
    )
