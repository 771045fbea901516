"""The command, as a module: `python -m attnbook.training`."""

from attnbook.training.command import main

main()
