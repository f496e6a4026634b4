"""The trained GAN behind three controls, while a kernel runs.

Works with ipywidgets 7.7 and 8. Without a kernel, as on the website, there is
nothing to show; `latent_pad` plays there.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import ipywidgets

from course_utils.basics.pitch import midi_to_name
from course_utils.plots.listen import play
from course_utils.recipes.gansynth_player import GanPlayer, generate_note

MAX_SEED = 9_999


def note_player(player: GanPlayer, seed: int = 0) -> ipywidgets.VBox:
    """Choose pitch, timbre and seed, and hear the note that the GAN draws.

    Nothing sounds by itself: a note is drawn and played at each press.

    Parameters
    ----------
    player : GanPlayer
        A trained generator.
    seed : int
        Of the noise, to begin with.

    Returns
    -------
    VBox
        Shown when it is the last value of a cell. Its level is the
        network's own.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    pitch = ipywidgets.SelectionSlider(
        options=[(midi_to_name(p), p) for p in player.pitches],
        value=player.pitches[len(player.pitches) // 2],
        description="pitch",
    )
    timbre = ipywidgets.Dropdown(options=player.timbres, description="timbre")
    chosen = ipywidgets.BoundedIntText(
        seed, min=0, max=MAX_SEED, description="seed"
    )
    button = ipywidgets.Button(description="Draw and play")
    told = ipywidgets.Label()
    sound = ipywidgets.Audio(format="mp3", autoplay=True, loop=False)

    def draw(_: ipywidgets.Button) -> None:
        note = generate_note(player, pitch.value, timbre.value, chosen.value)
        name = f"{midi_to_name(note.pitch)}, {note.timbre}"
        words = {"caption": name, "description": name}
        wave, rate = note.waveform, note.sample_rate
        sound.value = play(wave, rate, match_loudness=False, **words).mp3
        told.value = f"{name}, seed {chosen.value}"

    button.on_click(draw)
    return ipywidgets.VBox([pitch, timbre, chosen, button, told, sound])
