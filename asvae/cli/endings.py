"""How a command ends that ends early: in one sentence, and a status of its own."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from asvae.checks import InvalidArgumentError, printable
from asvae.files import NotWrittenError
from asvae.training.progress_file import STOPS
from asvae.training.sweep import BudgetSpentError, StoppedError


@contextlib.contextmanager
def endings() -> Iterator[None]:
    """Let what ends a command early be a sentence on standard error and an exit status, not a traceback.

    Raises
    ------
    SystemExit
        With 2 where an argument is not allowed, 74 where a file cannot be written, 75 where a budget is spent, 128 and
        the signal's number where one stopped it.
    """
    try:
        yield
    except InvalidArgumentError as error:
        _end(str(error), 2)
    except BudgetSpentError as error:
        _end(str(error), os.EX_TEMPFAIL)
    except NotWrittenError as error:
        _end(str(error), os.EX_IOERR)
    except OSError as error:  # standard output, or a file that is written in place
        _end(printable(f"{error.filename or 'output'}: {error.strerror or error}."), os.EX_IOERR)
    except StoppedError as error:
        _end(str(error), 128 + error.number)
    except SystemExit as ended:
        for each in (signal.SIGINT, *STOPS):
            if ended.code == 128 + each:
                _end(f"{each.name}: stopped; the same command goes on from what is stored.", ended.code)
        raise


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what is called here as Ctrl-C does: cleaned up, with the signal's status."""

    def stop(received: int, _: Any) -> NoReturn:
        sys.exit(128 + received)

    before = {each: signal.signal(each, stop) for each in STOPS if signal.getsignal(each) is signal.SIG_DFL}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end(sentence: str, status: int) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(status)
