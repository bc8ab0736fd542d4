// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/body_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "api/http/problem.h"

namespace parnas::http {
namespace {

// Longer lines are not sizes with extensions that somebody needs.
constexpr std::size_t kMostLineBytes = 256;

// The size of a chunk by its line; extensions are ignored, as everybody does. White space comes
// only before an extension (RFC 9112, section 7.1.1).
std::size_t parse_chunk_size(std::string_view line) {
    const std::size_t digits_end = std::min(line.find_first_of("; \t"), line.size());
    std::size_t size = 0;
    const char* end = line.data() + digits_end;
    const auto [stop, error] = std::from_chars(line.data(), end, size, 16);
    const auto forbidden = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; };
    const std::size_t rest = std::min(line.find_first_not_of(" \t", digits_end), line.size());
    if (digits_end == 0 || line[0] == '-' || stop != end || error == std::errc::invalid_argument ||
        (digits_end != line.size() && line.substr(rest, 1) != ";") ||
        std::ranges::any_of(line, forbidden))
        throw HttpError(400, "the size of a chunk is not a hexadecimal number");
    if (error == std::errc::result_out_of_range)
        throw HttpError(413, "a chunk is too large");
    return size;
}

}  // namespace

BodyReader::BodyReader(const Framing& framing, std::size_t most_bytes)
    : chunked_(framing.chunked),
      most_bytes_(most_bytes),
      left_(framing.length),
      state_(framing.chunked       ? State::chunk_size
             : framing.length == 0 ? State::done
                                   : State::data) {}

std::size_t BodyReader::take(std::string_view received) {
    std::string_view rest = received;
    while (!rest.empty() && !done()) {
        if (state_ == State::data)
            take_data(rest);
        else
            take_line(rest);
    }
    return received.size() - rest.size();
}

void BodyReader::take_data(std::string_view& rest) {
    const std::string_view part = rest.substr(0, left_);
    body_ += part;
    rest.remove_prefix(part.size());
    left_ -= part.size();
    if (left_ == 0)
        state_ = chunked_ ? State::chunk_end : State::done;
}

void BodyReader::take_line(std::string_view& rest) {
    const char next = rest.front();
    rest.remove_prefix(1);
    if (next == '\n') {
        if (!line_.ends_with('\r'))
            throw HttpError(400, "a line between chunks ends with a line feed alone");
        line_.pop_back();
        end_line();
        line_.clear();
        return;
    }
    line_ += next;
    if (line_.size() > kMostLineBytes)
        throw HttpError(400, "a line between chunks is too long");
}

void BodyReader::end_line() {
    switch (state_) {
        case State::chunk_size:
            left_ = parse_chunk_size(line_);
            if (left_ > most_bytes_ - body_.size())
                throw HttpError(413, fmt::format("the body is larger than {} bytes", most_bytes_));
            state_ = left_ == 0 ? State::last_line : State::data;
            break;
        case State::chunk_end:
            if (!line_.empty())
                throw HttpError(400, "a chunk is longer than its size");
            state_ = State::chunk_size;
            break;
        case State::last_line:
            if (!line_.empty())
                throw HttpError(400, "trailers are not accepted");
            state_ = State::done;
            break;
        case State::data:
        case State::done:
            break;
    }
}

}  // namespace parnas::http
