#!/usr/bin/env python3
"""Runs a command on a terminal of its own and types lines there.

    terminal.py SECONDS [--type LINE]... -- COMMAND...

A line is typed when the command has been silent for half a second. What the terminal showed goes to
standard output. The exit code is the command's; 124 if it did not end in time.
"""
import os
import pty
import select
import signal
import sys
import time


def main():
    split = sys.argv.index("--")
    words, command = sys.argv[1:split], sys.argv[split + 1:]
    seconds, lines = float(words[0]), words[2::2]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    ends = time.monotonic() + seconds
    spoke = time.monotonic()
    while time.monotonic() < ends:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            try:
                shown = os.read(terminal, 65536)
            except OSError:  # the last one who had it open is gone
                break
            if not shown:
                break
            sys.stdout.buffer.write(shown)
            sys.stdout.flush()
            spoke = time.monotonic()
        elif lines and time.monotonic() - spoke > 0.5:
            os.write(terminal, lines.pop(0).encode() + b"\n")
            spoke = time.monotonic()
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.exit(124)
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))


main()
