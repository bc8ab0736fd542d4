// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/http/counters.h"
#include "api/http/options.h"
#include "api/http/router.h"

namespace parnas::http {

// An HTTP/1.1 server on threads of its own. It runs from its construction on until stop() or the
// destructor. Behind it nothing sees a socket: a request reaches its handler whole and checked,
// on a thread of its route's lane, and slow or idle clients have no threads at all.
//
// Public functions are thread-safe, stop() and the destructor apart.
class Server {
  public:
    // Throws Error: invalid_input on routes or an address that are none, unauthorized on an address
    // other than loopback's without `allow_remote`, unavailable if the address is in use; and as
    // make_tls(). There are fewer connections than `limits` says if the process may not open that
    // many files.
    Server(std::vector<Route> routes, ServerOptions options);
    // Stops within five seconds, or as soon as the last handler returns.
    ~Server();

    std::uint16_t port() const;
    // "http://127.0.0.1:8080", or https
    std::string url() const;

    // Accepts nothing more, lets running handlers finish and answers 503 to requests that have not
    // come in whole. What lasts (event streams, Lane::waiting) is asked to end at once, all else at
    // the deadline, when connections are closed. Whether everything has ended by then; a handler
    // that goes on regardless keeps the destructor waiting.
    bool stop(Milliseconds deadline);

    Counters counters() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace parnas::http
