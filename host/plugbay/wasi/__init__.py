"""Files of WASI preview 1 guests: granted folders, and nothing outside them.

Done in Python rather than by an engine's own WASI, whose file calls can't be interrupted: opening a named pipe would
hang the host past every deadline, and in a forked child each call would, since its threads stayed in the parent. Here
nothing but regular files and folders is ever opened, and never waited for.
"""

from plugbay.wasi.files import OPEN_FILES, GuestFiles
from plugbay.wasi.requests import FileRequests, Operation

__all__ = ["OPEN_FILES", "FileRequests", "GuestFiles", "Operation"]
