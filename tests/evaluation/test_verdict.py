from course_utils.evaluation.verdict import verdict


def test_the_verdict_speaks_plainly():
    result = {
        "meter": ["3/4", "4/4"],
        "key": ["C major", "C major"],
        "tempo_bpm": [168.0, 171.0],
        "loudness_db": [-47.6, -39.2],
        "timbre_distance": 3.25,
        "copied_share": 0.0,
    }
    assert verdict(result) == [
        "Different written meter: 3/4 and 4/4.",
        "Same estimated key: C major and C major.",
        "Same written tempo: 168.0 and 171.0 quarter notes per minute.",
        "Generated is 8.4 dB louder.",
        "Sounds like the same instrument: timbre distance 3.2; the same is "
        "up to 8.1.",
        "No copy of sound: 0% of it is the real one, sample by sample.",
    ]


def test_it_says_nothing_about_what_is_not_known():
    result = {
        "meter": ["3/4", None],
        "tempo_bpm": [None, 171.0],
        "loudness_db": [-20.0, -20.5],
    }
    assert verdict(result) == ["Same loudness, within 0.5 dB."]
    result["loudness_db"] = [-20.0, -30.0]
    assert verdict(result) == ["Generated is 10.0 dB softer."]
    assert verdict({}) == []


def test_a_heard_tempo_may_be_the_half_or_the_double():
    words = {
        (100.0, 103.0): "Same",
        (100.0, 203.0): "Double the",
        (100.0, 49.0): "Half the",
        (100.0, 70.0): "Different",
    }
    for pair, word in words.items():
        (told,) = verdict({"tempo_heard_bpm": list(pair)})
        assert told.startswith(f"{word} tempo heard: {pair[0]:.1f} and")
    (told,) = verdict({"tempo_bpm": [100.0, 200.0]})
    assert told.startswith("Different written tempo")


def test_copies_and_other_instruments_are_named():
    shared = {"shared_run_events": 90, "shared_run_share": 0.75}
    told = verdict(shared | {"copied_share": 0.9, "timbre_distance": 12.0})
    assert told == [
        "Sounds like another instrument, or another register: timbre "
        "distance 12.0; the same is up to 8.1.",
        "A copy of notes: the longest run that both have is 90 events, 75% "
        "of the generated piece.",
        "A copy of sound: 90% of it is the real one, sample by sample.",
    ]
