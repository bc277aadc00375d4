#include "lib/base/error.hpp"

#include <utility>

namespace loomrel {

Error::Error(ErrorKind kind, std::string code, Phrase message, Phrase hint)
    : m_kind(kind),
      m_code(std::move(code)),
      m_message(std::move(message)),
      m_hint(std::move(hint)) {}

Error bug_error(const std::exception& bug) {
    return {ErrorKind::internal, "internal", Phrase{bug.what(), bug.what()}};
}

} // namespace loomrel
