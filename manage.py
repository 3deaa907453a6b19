#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hci_center.settings")
    from hci_center.local.command_line import execute

    execute(sys.argv)
