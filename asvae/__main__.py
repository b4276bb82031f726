"""``python -m asvae``: what ``torchrun -m asvae`` needs."""

from asvae.cli import main

if __name__ == "__main__":
    main()
