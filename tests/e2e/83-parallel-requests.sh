#!/usr/bin/env bash
# Fifty at once: one row of fifty creates, one winner of fifty claims, and of moves that exclude each
# other one kind wins; the others hear the present status.
. "$(dirname "$0")/harness.sh"

serve_start
cat >"$T/storm.py" <<'END'
import collections, http.client, json, sys, threading, uuid

address, _, prefix = sys.argv[1].partition("/")


def ask(method, path, body):
    c = http.client.HTTPConnection(address, timeout=30)
    headers = {"Authorization": "Bearer " + sys.argv[2], "Content-Type": "application/json"}
    c.request(method, "/" + prefix + path, json.dumps(body), headers)
    answer = c.getresponse()
    return answer.status, json.loads(answer.read())


def at_once(asks):
    answers = []
    gate = threading.Barrier(len(asks))

    def one(question):
        gate.wait()
        answers.append(ask(*question))

    threads = [threading.Thread(target=one, args=(q,)) for q in asks]
    [t.start() for t in threads]
    [t.join() for t in threads]
    return answers


def statuses(answers):
    return dict(collections.Counter(status for status, _ in answers))


new = dict(service_name="demo", release_tag="v1.0.0", initiated_by="me", github_run_id="1")
created = at_once([("POST", "/release", new)] * 50)
assert statuses(created) == {201: 1, 200: 49}, statuses(created)
# Those that lost may have used up numbers.
ids = {body["release_id"] for _, body in created}
assert len(ids) == 1, ids
release = ids.pop()

# The claim of design 5, by a status with which a test may come there: building.
claims = []
for _ in range(50):
    run = str(uuid.uuid4())
    claims.append(("POST", "/changes", {
        "id": str(uuid.uuid4()), "release_id": release, "actor": "me", "steps": [{"to": "building"}],
        "open_run": {"id": run, "service": "demo", "environment": "stage", "kind": "deploy",
                     "release_id": release}}))
claimed = at_once(claims)
assert statuses(claimed) == {200: 1, 409: 49}, statuses(claimed)
assert {body["error"]["status"] for status, body in claimed if status == 409} == {"building"}

for status in ("manual_testing",):
    assert ask("PATCH", "/release", {"release_id": release, "status": status})[0] == 200
moves = [("PATCH", "/release", {"release_id": release, "status": "building"})] * 50
refused = at_once(moves)
assert statuses(refused) == {409: 50}, statuses(refused)
assert {body["error"]["status"] for _, body in refused} == {"manual_testing"}
END
python3 "$T/storm.py" "${API#http://}" "$KEY" || fail "not as it should be"
expect_sql 1 'SELECT count(*) FROM releases'
expect_sql 1 'SELECT count(*) FROM runs'
expect_sql 4 'SELECT count(*) FROM release_events'

# Over Postgres, which has many writers, the same.
serve_stop
require postgres
use_postgres
serve_start
python3 "$T/storm.py" "${API#http://}" "$KEY" || fail "not as it should be over Postgres"
expect_sql 1 'SELECT count(*) FROM releases'
expect_sql 1 'SELECT count(*) FROM runs'
expect_sql 4 'SELECT count(*) FROM release_events'
