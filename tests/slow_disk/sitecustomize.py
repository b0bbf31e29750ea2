"""A slow disk: each file takes SLOW_DISK seconds until it is written through.

Python runs this when it starts in an environment of `support.slow_disk`, so that a test
can kill a program between two files.
"""

import os
import stat
import time

_fsync, _SECONDS = os.fsync, float(os.environ["SLOW_DISK"])


def _slow(handle: int) -> None:
    _fsync(handle)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        time.sleep(_SECONDS)


os.fsync = _slow
