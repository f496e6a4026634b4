"""Stands for what Colab loads into its kernels."""
