\set n random(1, 1000000000000)
BEGIN;
SELECT releases.id, releases.status FROM release_keys JOIN releases ON releases.id = release_keys.release_id WHERE release_keys.service = 'loom-content' AND release_keys.tag = 'v1.2.3' AND release_keys.run_id = :n::text;
INSERT INTO releases (service_name, release_tag, rollback_to_tag, status, initiated_by, github_run_id, github_action_link, github_ref, started_at) VALUES ('loom-content', 'v1.2.3', '', 'initiated', 'developer', :n::text, 'https://github.com/example/loom-content/actions/runs/1', 'refs/tags/v1.2.3', NULL) RETURNING id \gset
INSERT INTO release_keys (service, tag, run_id, release_id) VALUES ('loom-content', 'v1.2.3', :n::text, :id) ON CONFLICT DO NOTHING;
INSERT INTO release_events (release_id, at, from_status, to_status, actor, source, detail, change_id, step) VALUES (:id, clock_timestamp(), '', 'initiated', 'developer', 'api', '{}', gen_random_uuid(), 0);
COMMIT;
