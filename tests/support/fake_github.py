#!/usr/bin/env python3
"""GitHub as far as loomrel asks it: starting a workflow by hand, the list of its runs, and one run.

    fake_github.py [serve] [--port P] [--token T] [--repository OWNER/NAME] [--details]
                                                 prints "listen PORT"; --details: 200 with the run,
                                                 as newer versions answer, else 204
    export FAKE_GITHUB=http://127.0.0.1:PORT
    fake_github.py runs                          what was started
    fake_github.py run JSON                      a run that somebody began: {"id", "actor"}, and if
                                                 need be "triggering_actor", "event", "head_sha"
    fake_github.py calls                         every call
    fake_github.py fail JSON                     see fake_http.py: Rules (methods: dispatch, runs, run);
                                                 "fail" alone ends them all
    fake_github.py away on|off                   nobody answers

Point loomrel at it: [github] api_url = "http://127.0.0.1:PORT" and LOOM_GITHUB_TOKEN=T (test-token
unless told otherwise).
"""
import argparse
import json
import os
import re
import sys
import threading
import time

sys.dont_write_bytecode = True  # leaves nothing beside the sources
import fake_http  # noqa: E402
from fake_http import Hang, Rules  # noqa: E402

INPUTS = {"release_id", "release_tag"}


class GitHub:
    def __init__(self, token, repository, workflow, details):
        self.token, self.repository, self.workflow = token, repository, workflow
        self.details = details
        self.lock = threading.Lock()
        self.rules = Rules()
        self.away = False
        self.runs = []
        self.begun = {}
        self.calls = []

    def answer(self, handler, path, body):
        if path.startswith("/control/"):
            return self.control(path[len("/control/"):], fake_http.fields_of(handler, body))
        if self.away:
            raise Hang
        match = re.fullmatch(r"/repos/([^/]+/[^/]+)/actions/workflows/([^/]+)/(dispatches|runs)",
                             path)
        one = re.fullmatch(r"/repos/([^/]+/[^/]+)/actions/runs/(\d+)", path)
        method = {"dispatches": "dispatch", "runs": "runs"}.get(match.group(3)) if match else path
        method = "run" if one else method
        call = {"method": method, "verb": handler.command, "path": handler.path,
                "body": body.decode("utf-8", "replace"), "at": time.time()}
        with self.lock:
            self.calls.append(call)
        rule = self.rules.take(method)
        how = rule["how"] if rule else None
        if how == "refuse":
            raise Hang
        if how == "html":
            return 502, b"<html>Server Error</html>", {"Content-Type": "text/html"}
        if isinstance(how, int):
            headers = {"Retry-After": str(rule["retry_after"])} if "retry_after" in rule else {}
            return how, {"message": rule.get("description", "as a test wants")}, headers
        status, answer = self.answer_properly(handler, match, one, body)
        call["status"] = status
        if how == "drop":
            raise Hang
        if how == "slow":
            time.sleep(rule["seconds"])
        return status, answer if status != 204 else b"", {}

    def answer_properly(self, handler, match, one, body):
        headers = handler.headers
        if not headers.get("User-Agent"):
            return 403, {"message": "Request forbidden by administrative rules."}
        if headers.get("Authorization") != f"Bearer {self.token}":
            return 401, {"message": "Bad credentials"}
        if headers.get("X-GitHub-Api-Version") not in (None, "2022-11-28"):
            return 400, {"message": "unsupported version"}
        if one:
            return self.run(handler, one)
        if not match or match.group(2) != self.workflow or (
                self.repository and match.group(1) != self.repository):
            return 404, {"message": "Not Found"}
        if match.group(3) == "runs":
            if handler.command != "GET":
                return 404, {"message": "Not Found"}
            with self.lock:
                newest = [{k: run[k] for k in ("id", "name", "display_title", "event", "status",
                                               "created_at", "html_url")}
                          for run in reversed(self.runs)]
            return 200, {"total_count": len(newest), "workflow_runs": newest[:30]}
        if handler.command != "POST":
            return 404, {"message": "Not Found"}
        return self.dispatch(match.group(1), body)

    # As of "Get a workflow run", 2022-11-28.
    def run(self, handler, one):
        with self.lock:
            begun = self.begun.get(int(one.group(2)))
        mine = not self.repository or one.group(1) == self.repository
        if not begun or handler.command != "GET" or not mine:
            return 404, {"message": "Not Found"}
        again = begun.get("triggering_actor", begun["actor"])
        return 200, {"id": begun["id"], "name": "on-tag", "event": begun.get("event", "push"),
                     "head_sha": begun.get("head_sha", "0" * 40), "head_branch": "v1.0.0",
                     "run_attempt": 1, "status": "in_progress", "conclusion": None,
                     "actor": {"login": begun["actor"], "id": 1, "type": "User"},
                     "triggering_actor": {"login": again, "id": 2, "type": "User"},
                     "html_url": f"https://github.com/{one.group(1)}/actions/runs/{begun['id']}"}

    def dispatch(self, repository, body):
        try:
            asked = json.loads(body)
        except ValueError:
            return 400, {"message": "Problems parsing JSON"}
        inputs = asked.get("inputs", {})
        if "ref" not in asked:
            return 422, {"message": "Invalid request.\n\n\"ref\" wasn't supplied."}
        if asked["ref"] != "main":
            return 422, {"message": f"No ref found for: {asked['ref']}"}
        unknown = sorted(set(inputs) - INPUTS)
        if unknown:
            return 422, {"message": f"Unexpected inputs provided: {json.dumps(unknown)}"}
        missing = sorted(INPUTS - set(inputs))
        if missing:
            return 422, {"message": f"Required input '{missing[0]}' not provided"}
        if not all(isinstance(value, str) for value in inputs.values()):
            return 422, {"message": "Invalid inputs: strings are wanted"}
        with self.lock:
            number = 7000 + len(self.runs) + 1
            run = {"id": number, "name": "Deploy to production", "event": "workflow_dispatch",
                   "display_title": f"prod {inputs['release_tag']}"
                                    f" #{inputs['release_id']}",
                   "status": "queued", "inputs": inputs,
                   "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                   "html_url": f"https://github.com/{repository}/actions/runs/{number}"}
            self.runs.append(run)
        if asked.get("return_run_details") and self.details:
            return 200, {"workflow_run_id": number, "html_url": run["html_url"],
                         "run_url": f"https://api.github.com/repos/{repository}/actions/runs/{number}"}
        return 204, None

    def control(self, path, fields):
        if path == "runs":
            return 200, self.runs, {}
        if path == "run":
            self.begun[fields["id"]] = fields
            return 200, {}, {}
        if path == "calls":
            return 200, self.calls, {}
        if path == "fail":
            self.rules.add(fields) if fields else self.rules.clear()
            return 200, {}, {}
        if path == "reset":
            self.rules, self.away, self.runs, self.calls = Rules(), False, [], []
            self.begun = {}
            return 200, {}, {}
        if path == "away":
            self.away = fields["on"] in (True, "on", "true")
            return 200, {}, {}
        return 404, {"error": "no such control: " + path}, {}


def main():
    words = sys.argv[1:]
    if words and words[0] in ("runs", "run", "calls", "fail", "away"):
        fields = {}
        if len(words) > 1:
            fields = json.loads(words[1]) if words[0] in ("fail", "run") else {"on": words[1]}
        print(json.dumps(fake_http.control(os.environ["FAKE_GITHUB"], words[0], fields),
                         ensure_ascii=False))
        return
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("serve", nargs="?", choices=["serve"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="test-token")
    parser.add_argument("--repository", default="")
    parser.add_argument("--workflow", default="on-approve-manual-testing.yaml.yml")
    parser.add_argument("--details", action="store_true")
    options = parser.parse_args(words)
    fake_http.run(GitHub(options.token, options.repository, options.workflow, options.details),
                  options.port)


main()
