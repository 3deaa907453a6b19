#!/usr/bin/env python
import gc
import os
import sys

if __name__ == "__main__":
    # What a start loads stays: looking through it again and again for garbage takes a
    # tenth of the time.
    gc.set_threshold(20_000, 20, 20)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
    from hci_center.local.command_line import execute

    execute(sys.argv)
