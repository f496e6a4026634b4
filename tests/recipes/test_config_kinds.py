from dataclasses import dataclass, replace

import pytest

from course_utils.recipes.config_kinds import check_kinds


@dataclass(frozen=True)
class Config:
    width: int = 3
    rate: float = 1
    name: str = "a"
    flag: bool = True
    place: int | None = None
    sizes: tuple[int, ...] = ()
    pair: tuple[int, int] = (1, 2)


@pytest.mark.parametrize(
    "change",
    [{}, {"rate": 0.5}, {"place": 4}, {"sizes": [1, 2]}, {"pair": [1, 2]}],
)
def test_values_of_the_right_kinds_pass(change):
    check_kinds(replace(Config(), **change))


@pytest.mark.parametrize(
    "change",
    [
        {"width": True},
        {"width": 3.0},
        {"width": [3]},
        {"rate": "1"},
        {"rate": float("nan")},
        {"name": None},
        {"flag": 1},
        {"place": "4"},
        {"sizes": 3},
        {"sizes": ["a"]},
        {"pair": [1, 2, 3]},
    ],
)
def test_a_value_of_another_kind_is_named(change):
    with pytest.raises(TypeError, match=f"{next(iter(change))} may not be"):
        check_kinds(replace(Config(), **change))
