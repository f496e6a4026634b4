from course_utils.plots.listen import play
from course_utils.recipes.gansynth_player import generate_note, load_player
from course_utils.widgets.note_player import note_player


def test_a_press_plays_the_note_that_is_chosen_at_its_own_level(
    gan_checkpoint,
):
    player = load_player(gan_checkpoint)
    box = note_player(player, seed=3)
    pitch, timbre, seed, button, told, sound = box.children
    assert (pitch.value, seed.value) == (66, 3)
    assert not sound.value  # nothing sounds by itself
    pitch.value, timbre.value, seed.value = 60, "mallet", 5
    button.click()
    note = generate_note(player, 60, "mallet", 5)
    words = {"caption": "", "description": "", "match_loudness": False}
    assert sound.value == play(note.waveform, 16_000, **words).mp3
    assert told.value == "C4, mallet, seed 5"
