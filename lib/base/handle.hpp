#pragma once

#include <memory>

namespace loomrel {

// Calls the C library's own release function. Aliases stand beside the including room's C header:
//     using PgResult = Handle<PGresult, PQclear>;
template <auto release> struct Releaser {
    template <typename T> void operator()(T* handle) const noexcept { release(handle); }
};

template <typename T, auto release> using Handle = std::unique_ptr<T, Releaser<release>>;

} // namespace loomrel
