"""``python -m mendel``."""

from mendel.cli import main

main()
