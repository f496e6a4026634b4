"""What numbers must be before they are compared: finite, and of one shape.

A *row of values* has shape (N,); a *table* has shape (rows, columns), one row
an item (a note, a frame, a sample) and one column a quantity.

Taught in: notebooks/60_table_evaluation.ipynb
"""

import numpy as np

from course_utils.basics.checks import CourseError


def checked_values(values: np.ndarray) -> np.ndarray:
    """Return the values as an array of shape (N,), N > 0.

    Raises
    ------
    CourseError
        If there is none, there is more than one axis, or one is NaN or
        infinite.
    """
    values = np.asarray(values)
    if values.ndim != 1 or values.size == 0:
        raise CourseError(
            "values of shape (N,), N > 0",
            f"shape {values.shape}",
            "choose one channel, one column or one item of the batch",
        )
    return _finite(values)


def checked_table(table: np.ndarray) -> np.ndarray:
    """Return the table with two axes; a row of values is one column.

    Raises
    ------
    CourseError
        If the table is empty, has three axes, or holds NaN or infinity.
    """
    table = np.asarray(table)
    if table.ndim not in (1, 2) or table.size == 0:
        raise CourseError(
            "a table of shape (rows, columns), not empty",
            f"shape {table.shape}",
            "give one row an item and one column a quantity",
        )
    return _finite(table.reshape(len(table), -1))


def checked_pair(
    real: np.ndarray, generated: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return two tables with the same columns and two rows at least.

    Raises
    ------
    CourseError
        If one has fewer rows, the numbers of columns differ, or as in
        `checked_table`.
    """
    pair = checked_table(real), checked_table(generated)
    shapes = [table.shape for table in pair]
    if shapes[0][1] != shapes[1][1] or min(rows for rows, _ in shapes) < 2:
        raise CourseError(
            "two tables with the same columns and two rows at least",
            f"shapes {shapes[0]} and {shapes[1]}",
            "measure the same quantities, in the same order, on both sides",
        )
    return pair


def _finite(values: np.ndarray) -> np.ndarray:
    """Refuse NaN and infinity, which every measure would pass on."""
    if not np.isfinite(values).all():
        raise CourseError(
            "finite values",
            "NaN or infinity",
            "look for a division by zero or a diverged training",
        )
    return values
