"""``python -m plugbay`` is the command ``plugbay``."""

import sys

from plugbay.cli import main

sys.exit(main())
