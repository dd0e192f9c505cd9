"""Standby: a warm process that starts a worker in a child, and again at once when it dies.

Starting costs seconds of imports and compiled loops; a fork of a process that has both costs none.
The parent holds no thread and no connection, so that a fork is complete; its child ends with it.
Exit 0 (asked to stop) and 2 (refused: the operator's fault) end both.
"""

import ctypes
import logging
import os
import signal
import sys
import time

REFUSED = 2
BRIEF, PAUSE, LONGEST = 2.0, 1.0, 15.0
"""Seconds: a child that lived less than `BRIEF` is followed by a pause, doubled each time."""
PR_SET_PDEATHSIG = 1
ASKING = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger("tolqyn")


def stand_by() -> int:
    """Fork, and return in the child alone, however often it is started.

    Returns
    -------
    int
        Number of earlier children.
    """
    starts, pause = 0, 0.0
    while True:
        began, parent = time.monotonic(), os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ASKING)  # until the parent passes them on
        child = os.fork()
        if child == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            end_with_parent(parent)
            return starts
        code = _awaited(child, before)
        if code in {0, REFUSED}:
            sys.exit(code)
        starts += 1
        brief = time.monotonic() - began < BRIEF
        log.warning("the worker ended with %d; starting it again", code)
        time.sleep(pause if brief else 0.0)
        pause = min(max(pause * 2, PAUSE), LONGEST) if brief else 0.0


def end_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _awaited(child: int, mask: set[int | signal.Signals]) -> int:
    """Wait for a child, pass it the signals to stop, and return its exit code.

    The exit code of a signal is negative. These signals are blocked until the mask is set.
    """
    before = [signal.signal(s, lambda number, frame: os.kill(child, number)) for s in ASKING]
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    _, status = os.waitpid(child, 0)
    for number, handler in zip(ASKING, before, strict=True):
        signal.signal(number, handler)
    return os.waitstatus_to_exitcode(status)
