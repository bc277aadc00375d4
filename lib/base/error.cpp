#include "lib/base/error.hpp"

#include <utility>

namespace loomrel {

Error::Error(ErrorKind kind, std::string code, Phrase message, Phrase hint)
    : m_kind(kind),
      m_code(std::move(code)),
      m_message(std::move(message)),
      m_hint(std::move(hint)) {}

Error& Error::add_context(const Phrase& context) {
    m_message.ru = context.ru + ": " + m_message.ru;
    m_message.en = context.en + ": " + m_message.en;
    return *this;
}

} // namespace loomrel
