"""``python -m asvae``, what ``torchrun -m asvae`` needs, and the console script."""

import sys


def main() -> None:
    """Run the command; Ctrl-C while it is still being loaded, which takes seconds, ends it without a traceback."""
    try:
        from asvae.cli import command
    except KeyboardInterrupt:
        sys.exit(130)
    command.main()


if __name__ == "__main__":
    main()
