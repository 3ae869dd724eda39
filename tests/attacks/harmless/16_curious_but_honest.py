"""Asks the machine what a library would ask: processors, platform, user, environment."""

import locale
import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading


def signals(bars):
    assert os.cpu_count() and multiprocessing.cpu_count() and platform.system() == "Linux"
    assert platform.python_version() == sys.version.split()[0] and threading.active_count() >= 1
    os.environ.setdefault("MY_SETTING", "1")
    os.path.expanduser("~"), os.getcwd(), os.listdir("."), locale.getlocale(), sys.argv, sys.path
    shutil.which("git")
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        subprocess.run(["git", "--version"], check=False)
    except OSError:
        pass
    return [0.0] * len(bars["close"])
