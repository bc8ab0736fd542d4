// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "api/http/headers.h"

namespace parnas::http {

// Names requests. Thread-safe.
class RequestIds {
  public:
    RequestIds();

    // What the client calls the request in X-Request-Id, if that is up to 128 letters, digits and
    // -_.:+/=@ and so can stand in logs and answers; 16 new hexadecimal digits otherwise.
    std::string name(const Headers& headers);

  private:
    std::uint64_t seed_;  // of this server
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace parnas::http
