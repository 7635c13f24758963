"""moto's server, which ends with the process that started it: its standard input ends then."""

import os
import sys
import threading

from moto.server import main


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
main()
