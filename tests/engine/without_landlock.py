"""`python -m tests.engine.without_landlock COMMAND …`: a command on a kernel whose Landlock it may not use.

A filter that refuses the first of Landlock's system calls, as some container runtimes do.
"""

import os
import sys
from dataclasses import replace

from footfall.engine import sandbox, seccomp

if __name__ == "__main__":
    machine = os.uname().machine
    seccomp._MACHINES = {machine: replace(seccomp._MACHINES[machine], refused=(444,))}
    sandbox._prctl(sandbox._PR_SET_NO_NEW_PRIVS, 1)
    seccomp.restrict()
    os.execvp(sys.argv[1], sys.argv[1:])
