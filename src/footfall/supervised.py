"""`python -m footfall.supervised PID COMMAND …`: a command that ends when its supervisor does.

On Linux the kernel is asked to send SIGTERM when the parent dies, so that even `kill -9` of `footfall up`
leaves nothing running. Elsewhere the supervisor stops its processes itself.
"""

import ctypes
import os
import signal
import sys

from footfall.cli import main

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def follow(parent: int) -> None:
    """Makes this process end with process `parent`, at once where it has already ended."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    follow(int(sys.argv[1]))
    main(sys.argv[2:], prog_name="footfall")
