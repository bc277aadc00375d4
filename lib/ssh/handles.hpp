#pragma once

#include "lib/base/handle.hpp"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

namespace loomrel::ssh {

inline void free_hash(unsigned char* hash) {
    ssh_clean_pubkey_hash(&hash);
}

using SessionHandle = Handle<ssh_session_struct, ssh_free>;
using ChannelHandle = Handle<ssh_channel_struct, ssh_channel_free>;
using EventHandle = Handle<ssh_event_struct, ssh_event_free>;
using KeyHandle = Handle<ssh_key_struct, ssh_key_free>;
using HashHandle = Handle<unsigned char, free_hash>;
using TextHandle = Handle<char, ssh_string_free_char>;
using EntryHandle = Handle<ssh_knownhosts_entry, ssh_knownhosts_entry_free>;

} // namespace loomrel::ssh
