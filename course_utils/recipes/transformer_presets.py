"""The sizes of the Transformers and of their trainings, by preset.

Taught in: notebooks/51_transformer_training.ipynb
"""

from types import MappingProxyType

from course_utils.recipes.transformer_session import TransformerRecipe

SMOKE = {"width": 32, "n_layers": 2, "n_heads": 4, "feed_forward": 64}
PAPER = {
    "width": 512,
    "n_layers": 6,
    "feed_forward": 2048,
    "max_distance": 1024,
}
# What did best on the validation chorales; see chapter 51.
CHOIR = {
    "width": 96,
    "n_layers": 4,
    "feed_forward": 384,
    "max_distance": 512,  # whole pieces
    "keep_probability": 0.75,
    "show_probability": 0.9,
    "any_order": 0.5,
    "octaves": True,
    "motions": True,
    "parallels": True,
    "echoes": True,
}

# Sizes of the network, encoding -> preset -> fields of its config.
SIZES = MappingProxyType(
    {
        "chorale": {
            "smoke": SMOKE | {"parallels": True},
            "cpu": CHOIR,
            "colab": CHOIR | {"width": 128, "feed_forward": 512},
            "paper": {"width": 512, "feed_forward": 512, "n_layers": 5},
        },
        "performance": {
            "smoke": SMOKE,
            "cpu": {
                "width": 192,
                "n_layers": 4,
                "feed_forward": 768,
                "positions": "rotary",  # relative takes three times as long
                "keep_probability": 0.85,
            },
            "colab": {"width": 256, "n_layers": 6, "feed_forward": 1024},
            "paper": PAPER,
        },
        "metrical": {
            "smoke": SMOKE,
            "cpu": {
                "width": 128,
                "n_layers": 4,
                "n_heads": 4,  # half of 8 take half of the attention's time
                "feed_forward": 512,
                "positions": "rotary",
                "keep_probability": 0.95,
            },
            "colab": {"width": 256, "n_layers": 6, "feed_forward": 1024},
            "paper": PAPER,
        },
    }
)

SMOKE_ROWS = TransformerRecipe(
    batch_size=2,
    length=128,
    n_steps=20,
    learning_rate=0.003,
    warm_up=5,
    evaluate_every=20,
    bfloat16=False,
)

# How they train, encoding -> preset.
RECIPES = MappingProxyType(
    {
        "chorale": {
            "smoke": TransformerRecipe(
                batch_size=4,
                length=64,
                n_steps=30,
                learning_rate=0.003,
                warm_up=5,
                evaluate_every=30,
                bfloat16=False,
            ),
            "cpu": TransformerRecipe(
                4, 512, 1_300, learning_rate=0.003, evaluate_every=100
            ),
            "colab": TransformerRecipe(
                8, 512, 1_300, learning_rate=0.003, evaluate_every=100
            ),
            "paper": TransformerRecipe(32, 256, 12_000),
        },
        "performance": {
            "smoke": SMOKE_ROWS,
            "cpu": TransformerRecipe(
                4,
                1024,
                1_700,
                learning_rate=0.0015,
                warm_up=100,
                evaluate_every=425,
            ),
            "colab": TransformerRecipe(8, 2048, 20_000),
            "paper": TransformerRecipe(16, 2048, 200_000),
        },
        "metrical": {
            "smoke": SMOKE_ROWS,
            "cpu": TransformerRecipe(
                4,
                1024,
                3_000,
                learning_rate=0.002,
                warm_up=100,
                evaluate_every=1_000,
            ),
            "colab": TransformerRecipe(8, 2048, 20_000),
            "paper": TransformerRecipe(16, 2048, 200_000),
        },
    }
)
