#pragma once

#include "lib/base/clock.hpp"
#include "lib/server/request.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace loomrel::server {

// Good answers already given to requests with an Idempotency-Key: who lost one and asks again gets
// the same. What the ledger itself does once (by release key, run id, change id) is done once
// without this too, also by another server; here only the words of the answer are kept, in memory.
class Replays {
public:
    struct Found {
        std::optional<Response> response;
        bool other_request = false; // the key was used for something else
    };

    [[nodiscard]] Found find(const std::string& key, const std::string& digest) const;
    void keep(const std::string& key, const std::string& digest, const Response& response);

private:
    struct Entry {
        std::string digest;
        Response response;
    };

    mutable std::mutex m_mutex;
    std::map<std::string, Entry> m_entries;
    std::deque<std::string> m_order;
};

} // namespace loomrel::server
