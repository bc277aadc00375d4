#!/usr/bin/env python3
"""Runs a GitHub workflow here, as a runner does it: expressions, the event's environment and
payload, each run: through the shell that GitHub uses, environment files, and cancelling.

    run_workflow.py WORKFLOW --event push --payload FILE --checkout FOLDER --report FILE
                    [--ref REF] [--run ID] [--attempt N] [--var NAME=VALUE]... [--secret NAME=VALUE]...

SIGINT means what the button "Cancel workflow" does: SIGINT to the step, SIGTERM 7.5 s later, SIGKILL
2.5 s after that. The exit code is the step's that failed, 0, or 1 when cancelled.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import yaml

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(\|\||&&|!|\(|\))|([A-Za-z_][\w.-]*))")


class Expression:
    """What stands between ${{ and }}: names, strings, ! && || and brackets."""

    def __init__(self, text, contexts):
        self.contexts = contexts
        self.words = []
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if not match:
                sys.exit(f"run_workflow.py cannot read the expression {text!r}")
            self.words.append(match.group(0).strip())
            at = match.end()

    def value(self):
        result = self.either()
        if self.words:
            sys.exit(f"run_workflow.py: left over in an expression: {self.words}")
        return result

    def either(self):
        result = self.both()
        while self.words[:1] == ["||"]:
            self.words.pop(0)
            other = self.both()
            result = result or other
        return result

    def both(self):
        result = self.one()
        while self.words[:1] == ["&&"]:
            self.words.pop(0)
            other = self.one()
            result = result and other
        return result

    def one(self):
        word = self.words.pop(0)
        if word == "!":
            return not self.one()
        if word == "(":
            result = self.either()
            self.words.pop(0)
            return result
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        value = self.contexts
        for part in word.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def text_of(value):
    if value is None:
        return ""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def evaluate(value, contexts):
    """A YAML value with its ${{ … }} filled in; one that is nothing else keeps its type."""
    text = text_of(value)
    whole = re.fullmatch(r"\s*\$\{\{(.*?)\}\}\s*", text, re.S)
    if whole:
        return Expression(whole.group(1), contexts).value()
    return re.sub(r"\$\{\{(.*?)\}\}",
                  lambda found: text_of(Expression(found.group(1), contexts).value()), text)


def github_of(arguments, payload):
    ref = arguments.ref or payload["ref"]
    head = payload.get("head_commit") or {}
    repository = payload["repository"]
    return {
        "event_name": arguments.event,
        "event": payload,
        "ref": ref,
        "ref_name": re.sub(r"^refs/(heads|tags)/", "", ref),
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "sha": head.get("id") or payload.get("sha") or "0" * 40,
        "actor": payload["sender"]["login"],
        "run_id": arguments.run,
        "run_attempt": arguments.attempt,
        "repository": repository["full_name"],
        "repository_owner": repository["full_name"].split("/")[0],
        "server_url": "https://github.com",
    }


def environment_of(github, folder):
    names = ("event_name", "ref", "ref_name", "ref_type", "sha", "actor", "run_id", "run_attempt",
             "repository", "repository_owner", "server_url")
    environment = {"GITHUB_" + name.upper(): text_of(github[name]) for name in names}
    environment.update({
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_TRIGGERING_ACTOR": github["actor"],
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_EVENT_PATH": os.path.join(folder, "event.json"),
        "GITHUB_WORKSPACE": os.path.join(folder, "workspace"),
        "RUNNER_TEMP": os.path.join(folder, "temp"),
        "RUNNER_OS": "Linux",
    })
    return environment


def read_outputs(path):
    outputs = {}
    with open(path, encoding="utf-8") as file:
        lines = iter(file.read().split("\n"))
    for line in lines:
        name, marks, delimiter = line.partition("<<")
        if not marks:
            continue
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        outputs[name] = "\n".join(value)
    return outputs


class Runner:
    def __init__(self):
        self.cancelled = False

    def cancel(self, *_):
        self.cancelled = True

    def wait(self, child):
        """Until the step ends; once cancelled, GitHub's signals one after the other."""
        signals = [(0, signal.SIGINT), (7.5, signal.SIGTERM), (10, signal.SIGKILL)]
        began = None
        while child.poll() is None:
            if self.cancelled:
                began = began or time.monotonic()
                if signals and time.monotonic() - began >= signals[0][0]:
                    child.send_signal(signals.pop(0)[1])
            time.sleep(0.02)
        return child.returncode

    def run(self, script, shell, environment, folder, number):
        """One run: step: its exit code and outputs."""
        if shell != "bash":
            sys.exit("run_workflow.py knows the shell bash only")
        files = {}
        for name in ("OUTPUT", "STEP_SUMMARY", "PATH", "ENV"):
            files["GITHUB_" + name] = os.path.join(folder, f"{name.lower()}-{number}")
            open(files["GITHUB_" + name], "w").close()
        path = os.path.join(folder, "temp", f"step-{number}.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        child = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", path],
            env={**environment, **files}, cwd=environment["GITHUB_WORKSPACE"],
            stdin=subprocess.DEVNULL)
        code = self.wait(child)
        with open(files["GITHUB_STEP_SUMMARY"], encoding="utf-8") as file:
            summary = file.read()
        with open(files["GITHUB_PATH"], encoding="utf-8") as file:
            added = file.read().split()
        return code, read_outputs(files["GITHUB_OUTPUT"]), summary, added


def pairs(words):
    return dict(word.split("=", 1) for word in words)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("workflow")
    for name in ("--event", "--payload", "--checkout", "--report"):
        parser.add_argument(name, required=True)
    parser.add_argument("--ref")
    parser.add_argument("--run", default="1")
    parser.add_argument("--attempt", default="1")
    parser.add_argument("--var", action="append", default=[])
    parser.add_argument("--secret", action="append", default=[])
    arguments = parser.parse_args()
    runner = Runner()
    signal.signal(signal.SIGINT, runner.cancel)

    with open(arguments.payload, encoding="utf-8") as file:
        payload = json.load(file)
    with open(arguments.workflow, encoding="utf-8") as file:
        flow = yaml.safe_load(file)
    folder = tempfile.mkdtemp(prefix="runner-", dir=os.environ.get("TMPDIR"))
    for name in ("workspace", "temp"):
        os.mkdir(os.path.join(folder, name))
    shutil.copy(arguments.payload, os.path.join(folder, "event.json"))
    github = github_of(arguments, payload)
    contexts = {"github": github, "inputs": payload.get("inputs") or {},
                "vars": pairs(arguments.var), "secrets": pairs(arguments.secret)}
    base = {**os.environ, **environment_of(github, folder)}
    report = {"group": evaluate(flow["concurrency"]["group"], contexts), "jobs": {}, "steps": []}

    code = 0
    for name, job in flow["jobs"].items():
        ran = bool(evaluate(job.get("if", "true"), contexts))
        report["jobs"][name] = {"ran": ran, "environment": evaluate(job["environment"], contexts),
                                "runs_on": evaluate(job["runs-on"], contexts)}
        for number, step in enumerate(job["steps"] if ran else []):
            if "uses" in step:
                if not step["uses"].startswith("actions/checkout@"):
                    sys.exit("run_workflow.py has no " + step["uses"])
                shutil.copytree(arguments.checkout, base["GITHUB_WORKSPACE"], dirs_exist_ok=True)
                continue
            environment = {key: text_of(evaluate(value, contexts))
                           for key, value in (step.get("env") or {}).items()}
            shell = step.get("shell", flow["defaults"]["run"]["shell"])
            code, outputs, summary, added = runner.run(
                step["run"], shell, {**base, **environment}, folder, number)
            base["PATH"] = ":".join(added + [base["PATH"]])
            report["steps"].append({"run": step["run"], "exit": code, "outputs": outputs,
                                    "summary": summary})
            if code != 0 or runner.cancelled:
                break
    report["cancelled"] = runner.cancelled
    with open(arguments.report, "w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False)
    shutil.rmtree(folder)
    sys.exit(1 if runner.cancelled else code)


main()
