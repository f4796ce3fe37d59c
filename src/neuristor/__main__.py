"""`python -m neuristor` is the command `neuristor`."""

from .cli import main

main()
