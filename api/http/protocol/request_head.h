// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/headers.h"
#include "api/http/options.h"

namespace parnas::http {

// The request line and the headers (RFC 9112), of HTTP/1.0 or 1.1.
struct RequestHead {
    std::string method;
    std::string path;   // begins with a slash, or is "*"; not decoded
    std::string query;  // what follows the question mark, not decoded
    int minor_version = 1;
    Headers headers;

    // Whether the connection may take another request afterwards.
    bool keeps_alive() const;
    // Whether the client waits for "100 Continue". Throws HttpError(417) if for something else.
    bool expects_continue() const;
};

// How long the body is. Both nothing: there is none.
struct Framing {
    std::size_t length = 0;
    bool chunked = false;

    bool has_body() const { return chunked || length > 0; }
};

// Finds where a head ends while it arrives. Refuses what cannot become one as soon as that is
// known, so nobody waits for the end of an endless line.
class HeadScanner {
  public:
    // `limits` must outlive it.
    explicit HeadScanner(const Limits& limits) : limits_(&limits) {}

    // `received`: all bytes of the head so far, those of earlier calls first. Returns its size with
    // the empty line once that is there. Throws HttpError: 400 on a line feed without carriage
    // return, 414, 431.
    std::optional<std::size_t> find_end(std::string_view received);

  private:
    void check_size(std::string_view received) const;

    const Limits* limits_;
    std::size_t scanned_ = 0;
    std::size_t line_begin_ = 0;
    std::size_t request_line_ = 0;  // with its end, once it is there
};

// `text`: up to and with the empty line. Throws HttpError: 400 on whatever two programs could
// read in two ways (white space before a colon, folded or shadowed headers, control characters,
// a second Host), 414, 431, 505.
RequestHead parse_head(std::string_view text, const Limits& limits);

// Throws HttpError: 400 if the length is ambiguous (both framings, one twice, another coding than
// chunked), 413 beyond `most_bytes`, 415 on an encoded body.
Framing framing_of(const RequestHead& head, std::size_t most_bytes);

// Whether a text is a method or a header name (RFC 9110, section 5.6.2).
bool is_token(std::string_view text);

}  // namespace parnas::http
