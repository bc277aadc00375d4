#pragma once

#include "lib/server/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

// What a connection has done by threads that own a ledger.
namespace loomrel::server {

// Api::admit. A key that only the ledger knows is looked up before a byte of the body is read.
boost::asio::awaitable<Admitted> admit(ServerState& state, Match match);
// Api::answer.
boost::asio::awaitable<Response>
answer_in_pool(ServerState& state, Admitted request, Head head, std::string body);

// Until the answer to a wrong key of this client may go out.
boost::asio::awaitable<void> wait_after_wrong_key(ServerState& state, const std::string& client);

} // namespace loomrel::server
