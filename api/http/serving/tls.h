// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/http/options.h"
#include "api/http/serving/channel.h"

namespace parnas::http {

// The server's side of TLS 1.2 and 1.3. Its channels shake hands while they are asked to receive,
// so a client that is slow at it is one that is slow at its head. Outlives its channels;
// thread-safe.
class Tls {
  public:
    virtual ~Tls() = default;
    virtual std::unique_ptr<Channel> accept(Descriptor socket) const = 0;
};

// Throws Error: not_found and invalid_input for files that are none, unauthorized for those that
// may not be read and for a key that every user can read. Where it was not built in, invalid_input
// for all.
std::unique_ptr<Tls> make_tls(const TlsFiles& files);

}  // namespace parnas::http
