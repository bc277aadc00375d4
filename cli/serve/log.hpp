#pragma once

#include "cli/context/services.hpp"
#include "lib/operations/context.hpp"
#include "lib/server/server.hpp"

#include <nlohmann/json.hpp>

#include <mutex>
#include <string>
#include <string_view>

namespace loomrel::cli {

// What serve says while it runs: one JSON object a line on standard error, of any thread, without
// secrets. LOG_LEVEL decides how much. To operations it is the console: nobody sits there.
class ServeLog final : public operations::Console {
public:
    enum class Level { debug, info, warning, error };

    explicit ServeLog(Services& services);

    void write(Level level, std::string_view event, nlohmann::ordered_json fields = {});
    void note(std::string_view text) override;

    [[nodiscard]] bool is_person_here() const override { return false; }

    void request(const server::Served& served);
    // "what": which part of serve it happened to.
    void failure(std::string_view what, const std::exception& error);

private:
    Services& m_services;
    Level m_least;
    std::mutex m_mutex;
};

} // namespace loomrel::cli
