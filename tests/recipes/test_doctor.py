from course_utils.recipes import doctor


def test_everything_is_in_place_here():
    report = doctor.examine()
    assert report["ready"]
    assert all(r["ready"] for r in doctor.resources().values() if r["needed"])


def test_an_absent_package_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(
        doctor.PACKAGES, "renderer", ("no_such_package", "", "pip install it")
    )
    report = doctor.examine()
    assert not report["ready"]
    text = doctor.as_text(report)
    assert "absent    renderer: not in package no_such_package" in text
    assert "(pip install it)" in text


def test_a_file_missing_inside_its_package_is_seen(monkeypatch):
    monkeypatch.setitem(
        doctor.PACKAGES, "SoundFont", ("pretty_midi", "absent.sf2", "pip")
    )
    assert not doctor.resources()["SoundFont"]["ready"]


def test_an_empty_home_is_ready_too(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "none"))
    report = doctor.examine()
    assert report["ready"]
    assert not report["resources"]["cache"]["ready"]


def test_an_untested_version_is_a_warning_and_no_error():
    report = doctor.examine() | {"python": "3.99.0"}
    found = doctor._warnings(report)
    assert "python 3.99.0 was not tested; it may work" in found


def test_a_small_machine_is_warned():
    report = doctor.examine() | {"disk_free_gib": 0.1, "memory_free_gib": 0.1}
    found = doctor._warnings(report)
    assert sum("are free" in text for text in found) == 2


def test_versions_compare_by_number_not_by_letter():
    assert doctor._within("3.11.7", "3.11", "3.13")
    assert not doctor._within("3.9.1", "3.11", "3.13")
    assert doctor._within("2.13.0+cpu", "2.6", "2.13")


def test_real_sets_are_found_or_said_to_be_absent(monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    assert not doctor.resources()["real data"]["ready"]
    fetched = tmp_path / "cache/data/jsb"
    fetched.mkdir(parents=True)
    (fetched / "Jsb16thSeparated.json").write_text("{}")
    assert doctor.resources()["jsb"]["ready"]
    assert "real data" not in doctor.resources()
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    (tmp_path / "jsb").mkdir()
    (tmp_path / "jsb/Jsb16thSeparated.json").write_text("{}")
    found = doctor.resources()
    assert found["jsb"]["ready"]
    assert not found["nsynth"]["ready"]
    assert doctor.examine()["ready"]


def test_a_cache_that_cannot_be_made_is_not_ready(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    report = doctor.examine()
    assert not report["ready"]
    assert "point COURSE_CACHE_DIR" in doctor.as_text(report)


def test_on_colab_the_release_and_the_missing_drive_are_named(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab_1")
    monkeypatch.setenv("COURSE_DRIVE_DIR", str(tmp_path / "none"))
    text = doctor.as_text(doctor.examine())
    assert text.startswith("colab     release-colab_1\n")
    assert "runs      trainings are kept in runs\n" in text
    assert "drive.mount('/content/drive')" in text


def test_a_mounted_drive_takes_the_runs_and_ends_the_warning(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab_1")
    monkeypatch.setenv("COURSE_DRIVE_DIR", str(tmp_path))
    text = doctor.as_text(doctor.examine())
    assert f"trainings are kept in {tmp_path}/course_runs" in text
    assert "no Drive is mounted" not in text


def test_a_gpu_is_told_with_its_memory():
    report = doctor.examine() | {"device": "Tesla T4", "gpu_memory_gib": 14.6}
    assert "device    Tesla T4 with 14.6 GiB, " in doctor.as_text(report)
