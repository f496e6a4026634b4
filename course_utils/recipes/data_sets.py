"""Data sets by name: their pieces for a training, their files for a person.

Taught in: notebooks/20_notes_dataset.ipynb
"""
