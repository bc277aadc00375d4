#pragma once

#include "lib/operations/context.hpp"

#include <map>
#include <memory>
#include <string>

namespace loomrel::operations {

// How a service is looked at and brought back on its hosts. In production a repository's file,
// which whoever pushes a branch writes, has no word there but what the last good deploy had: the
// ledger keeps its settings (design 13.4). What is left unproven is said in one line, and
// deploy::is_unproven then holds.
class ProductionSettings {
public:
    ProductionSettings(const Context& context, Console& console)
        : m_context(context),
          m_console(console) {}

    // Asks the ledger at most once a service, and only where a repository's file says something.
    [[nodiscard]] config::DeploySettings of(const std::string& service,
                                            const std::string& environment);

    // The same for whoever follows a run: where it lies must be what it was started with. Else
    // Error(config): it would be taken for one that is not there.
    [[nodiscard]] config::DeploySettings of(const store::Run& run);

private:
    using Record = std::map<std::string, std::string>;

    [[nodiscard]] const Record& record(const std::string& service);

    const Context& m_context;
    Console& m_console;
    std::unique_ptr<store::Store> m_ledger;
    bool m_asked = false;
    std::map<std::string, Record> m_records;
};

} // namespace loomrel::operations
