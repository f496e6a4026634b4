import io

import numpy as np
import soundfile

from course_utils.recipes.gansynth_player import generate_note, load_player
from course_utils.widgets.note_player import note_player

MP3_ATOL = 0.05  # of full scale, what MP3 changes of a sample


def test_a_press_draws_the_note_that_is_chosen(gan_checkpoint):
    player = load_player(gan_checkpoint)
    box = note_player(player, seed=3)
    pitch, timbre, seed, button, told, sound = box.children
    assert sound.value == b""  # nothing sounds by itself
    pitch.value, timbre.value, seed.value = 60, "mallet", 5
    button.click()
    note = generate_note(player, 60, "mallet", 5)
    wave, rate = soundfile.read(io.BytesIO(sound.value))
    n = len(note.waveform)
    assert rate == player.sample_rate
    assert np.abs(wave[:n] - note.waveform.numpy()).max() < MP3_ATOL
    assert told.value == "C4, mallet, seed 5"
