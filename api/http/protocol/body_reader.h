// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "api/http/protocol/request_head.h"

namespace parnas::http {

// Puts a body together while it arrives, by its length or from chunks (RFC 9112, section 7.1).
class BodyReader {
  public:
    BodyReader(const Framing& framing, std::size_t most_bytes);

    // Takes what belongs to the body from the front of `received` and returns how many bytes that
    // were. Throws HttpError: 400 on chunks that are not well formed or that have trailers, 413.
    std::size_t take(std::string_view received);

    bool done() const { return state_ == State::done; }
    std::size_t size() const { return body_.size(); }
    std::string release() { return std::move(body_); }

  private:
    enum class State { data, chunk_size, chunk_end, last_line, done };

    // Each takes what it can from the front.
    void take_data(std::string_view& rest);
    void take_line(std::string_view& rest);
    void end_line();

    bool chunked_;
    std::size_t most_bytes_;
    std::size_t left_;  // of the body or of the chunk
    State state_;
    std::string line_;  // of the framing, without its end
    std::string body_;
};

}  // namespace parnas::http
