"""What was received, and where: every secret of a scenario outside its own destinations is lost.

judge.py SCENARIO RECEIVED RUNS [SECRET=LABEL]…

Looks for each secret as it is, in base64 and in hexadecimal: in all that listeners received, in what
the commands printed and left in folders, and in the command lines of what they started (`trace`). A
run's own files `secrets` and `trusted…` are the trusted side."""

import base64
import os
import re
import sys

scenario, received, runs = sys.argv[1:4]
allowed = {}
for pair in sys.argv[4:]:
    secret, _, label = pair.partition("=")
    allowed.setdefault(secret, set()).add(label)

mark = re.compile(rb"mark-[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+-end")


def hidden(secret):
    """The secret as it may stand inside something encoded: three alignments of base64, and hex."""
    forms = {secret.hex().encode(), secret.hex().upper().encode()}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + secret)
        # The first and last characters also hold neighbours' bits.
        forms.add(text[4 if shift else 0 : len(text) - 4])
    return forms


secrets = set()
for run in os.listdir(runs):
    secrets |= set(mark.findall(open(os.path.join(runs, run, "secrets"), "rb").read()))
encoded = {form: secret for secret in secrets for form in hidden(secret)}
if not secrets:
    sys.exit(f"{scenario}: no secret was given to anybody: nothing is proved")


def found_in(data):
    found = {each for each in mark.findall(data) if each in secrets}
    return found | {secret for form, secret in encoded.items() if form in data}


lost = {}


def judge(data, place, label=None):
    for each in found_in(data):
        _, _, secret, command, _ = each.decode().split("-")
        if label is None or label not in allowed.get(secret, ()):
            lost.setdefault((secret, place), set()).add(command)


for name in sorted(os.listdir(received)):
    judge(open(os.path.join(received, name), "rb").read(), "arrived at " + name, name)
for folder, _, files in os.walk(runs):
    for file in files:
        path = os.path.join(folder, file)
        short = os.path.relpath(path, runs).split(os.sep, 1)[1]
        if short == "secrets" or short.startswith("trusted") or os.path.islink(path):
            continue
        try:
            data = open(path, "rb").read()
        except OSError:
            continue
        judge(data, "stood in a command line" if short == "trace" else "was left in " + short)

for (secret, place), commands in sorted(lost.items()):
    print(f"LOST in {scenario}: {secret} {place}, by: {', '.join(sorted(commands))}", file=sys.stderr)
sys.exit(1 if lost else 0)
