#pragma once

namespace loomrel::messages {

// One id a text. A text stands in catalogue/AREA.inc as one row of id, Russian and English, so that
// neither language can lack one; the name's first word is the area.
enum class Id {
#define LOOMREL_TEXT(id, ru, en) id,
#include "lib/messages/catalogue/all.inc"
#undef LOOMREL_TEXT
};

} // namespace loomrel::messages
