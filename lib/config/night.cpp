#include "lib/config/night.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"

namespace loomrel::config {

Phrase with_way_back(Phrase hint, const std::string& host) {
    if (host.empty()) {
        return hint;
    }
    const std::string command = "loomrel rollback --host " + typed_word(host) + " --identity ";
    return {hint.ru + "; откатить срочно, без файлов: " + command + "КЛЮЧ",
            hint.en + "; to go back at once, without any file: " + command + "KEY"};
}

} // namespace loomrel::config
