#include "lib/telegram/update.hpp"

#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <string>

// Whatever comes as an update is taken apart without an exception, and no name of it has control
// characters.
using namespace loomrel;

namespace {

void check(const telegram::User& user) {
    fuzz::demand(std::none_of(user.name.begin(), user.name.end(), [](char letter) {
        return static_cast<unsigned char>(letter) < ' ' || letter == '\x7f';
    }));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto update = telegram::read_update(std::string(fuzz::text_of(data, size)));
    if (update && update->press) {
        check(update->press->from);
    }
    if (update && update->said) {
        check(update->said->from);
    }
    return 0;
}
