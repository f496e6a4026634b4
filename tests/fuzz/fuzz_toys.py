"""A parser that errs in every way, to see that the campaign notices."""

import os
import signal

from fuzz_target import Target

KINDS = (
    "result",
    "skip",
    "error",
    "unclear",
    "hang",
    "memory",
    "left",
    "crash",
    "bug",
)


def _cases(rng):
    return {"toy": rng.choice(KINDS).encode()}


def _parse(folder):
    from course_utils.basics.checks import CourseError

    kind = (folder / "toy").read_text()
    if "COURSE_FUZZ_BOUND" not in os.environ:
        return None  # nothing is bounded yet
    if kind == "skip":
        return ["a file"]
    if kind == "error":
        raise CourseError("a cat", "a dog", "call the cat")
    if kind == "unclear":
        error = CourseError("a cat", "a dog", "call the cat")
        error.args = ("two\nlines",)
        raise error
    while kind == "hang":
        pass
    if kind == "memory":
        bytearray(2**34)
    if kind == "left":
        (folder / "half-written").touch()
    if kind == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == "bug":
        raise KeyError(kind)
    return None


TARGETS = {"toy": Target(_cases, _parse)}
