-- Every request a release of its own: thread and count make the run id.
local thread_count = 0
function setup(thread)
    thread_count = thread_count + 1
    thread:set("id", thread_count)
end
function init(args)
    count = 0
    start = args[1] or "0"
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
end
function request()
    count = count + 1
    return wrk.format(nil, nil, nil, string.format(
        '{"service_name":"loom-content","release_tag":"v1.2.3","initiated_by":"developer",' ..
        '"github_run_id":"%s-%d-%d","github_action_link":"https://github.com/example/loom-content/actions/runs/1",' ..
        '"github_ref":"refs/tags/v1.2.3"}', start, id, count))
end
function done(summary, latency, requests)
    local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
    io.write(string.format("RESULT %.0f %.2f %d\n", summary.requests / summary.duration * 1e6,
        latency:percentile(99) / 1000, bad))
end
