#pragma once

#include "cli/context/services.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <string>
#include <vector>

// What doctor finds, and how to mend it.
namespace loomrel::cli {

enum class Verdict { ok, warning, bad };

// One thing looked at, and how to mend it.
struct Finding {
    std::string where; // "config", "ledger", a host
    std::string what;
    Verdict verdict = Verdict::ok;
    std::string detail;
    std::string mend; // "" if ok
};

class Findings {
public:
    explicit Findings(Services& services)
        : m_services(services) {}

    void add(std::string where,
             std::string what,
             Verdict verdict,
             std::string detail,
             Phrase mend = {}) {
        m_all.push_back({std::move(where),
                         std::move(what),
                         verdict,
                         m_services.redactor().redact(sanitize_line(detail)),
                         verdict == Verdict::ok ? "" : in(m_services.language(), mend)});
    }

    void add(std::string where, std::string what, const Error& error) {
        add(std::move(where),
            std::move(what),
            Verdict::bad,
            in(m_services.language(), error.message()),
            error.hint());
    }

    [[nodiscard]] const std::vector<Finding>& all() const { return m_all; }

    [[nodiscard]] bool any_bad() const {
        return std::any_of(m_all.begin(), m_all.end(), [](const Finding& finding) {
            return finding.verdict == Verdict::bad;
        });
    }

private:
    Services& m_services;
    std::vector<Finding> m_all;
};

} // namespace loomrel::cli
