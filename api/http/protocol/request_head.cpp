// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/request_head.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "api/http/problem.h"
#include "core/mutation.h"

namespace parnas::http {
namespace {

// Of those lines a second one has no meaning that all programs share.
constexpr std::string_view kSingle[] = {
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Content-Type",
    "Content-Encoding",
    "Authorization",
    "Expect",
    "If-Match",
    "Last-Event-ID",
    "Idempotency-Key",
};

bool is_token_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// A visible character of ASCII.
bool is_visible(char c) {
    return c > ' ' && c < 0x7F;
}

bool is_value_char(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
}

[[noreturn]] void refuse_version(std::string_view version) {
    const bool is_http = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.';
    throw HttpError(is_http ? 505 : 400, "only HTTP/1.1 and HTTP/1.0 are spoken here");
}

// The path and the query of a target in origin form, absolute form or "*".
void parse_target(std::string_view target, RequestHead& head) {
    if (!std::ranges::all_of(target, is_visible) || target.find('#') != target.npos)
        throw HttpError(400, "the request target has a character that no URI has");
    constexpr std::string_view kScheme = "http://";
    if (equal_ignoring_case(target.substr(0, kScheme.size()), kScheme)) {
        target.remove_prefix(kScheme.size());
        target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
        if (target.empty() || target[0] != '/')
            throw HttpError(400, "the request target has no path");
    }
    const std::size_t question = target.find('?');
    head.path = target.substr(0, question);
    if (question != target.npos)
        head.query = target.substr(question + 1);
    const bool star = head.path == "*" && head.method == "OPTIONS" && question == target.npos;
    if (!head.path.starts_with('/') && !star)
        throw HttpError(400, "the request target has to be a path");
}

void parse_request_line(std::string_view line, RequestHead& head) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == line.npos || first == last)
        throw HttpError(400, "the request line is not METHOD TARGET VERSION");
    head.method = line.substr(0, first);
    if (!is_token(head.method))
        throw HttpError(400, "the method is not a token");
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        refuse_version(version);
    head.minor_version = version.back() - '0';
    parse_target(line.substr(first + 1, last - first - 1), head);
}

Field parse_header(std::string_view line) {
    if (line[0] == ' ' || line[0] == '\t')
        throw HttpError(400, "a header is folded");
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon == line.npos || !is_token(name))
        throw HttpError(400, "a header line is not NAME: VALUE");
    // Gateways and libraries read X_Y as X-Y, or keep what they say themselves under such names.
    if (name.find('_') != name.npos)
        throw HttpError(400, fmt::format("the header '{}' can shadow another", name));
    std::string_view value = line.substr(colon + 1);
    const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
    value.remove_prefix(begin);
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    if (!std::ranges::all_of(value, is_value_char))
        throw HttpError(400, fmt::format("the header '{}' has a control character", name));
    return {std::string(name), std::string(value)};
}

void check_headers(const RequestHead& head) {
    for (const std::string_view name : kSingle) {
        if (head.headers.count(name) > 1)
            throw HttpError(400, fmt::format("the header '{}' is there twice", name));
    }
    if (head.minor_version == 1 && head.headers.find("Host") == nullptr)
        throw HttpError(400, "there is no Host header");
}

std::size_t parse_length(const std::string& text) {
    std::size_t length = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, length);
    if (text.empty() || stop != end || error == std::errc::invalid_argument)
        throw HttpError(400, "Content-Length is not a number");
    if (error == std::errc::result_out_of_range)
        throw HttpError(413, "the body is too large");
    return length;
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool RequestHead::keeps_alive() const {
    if (headers.has_token("Connection", "close"))
        return false;
    return minor_version == 1 || headers.has_token("Connection", "keep-alive");
}

bool RequestHead::expects_continue() const {
    const std::string* expectation = headers.find("Expect");
    if (expectation == nullptr || minor_version == 0)
        return false;
    if (!equal_ignoring_case(*expectation, "100-continue"))
        throw HttpError(417, "only 100-continue can be expected");
    return true;
}

std::optional<std::size_t> HeadScanner::find_end(std::string_view received) {
    for (;;) {
        const std::size_t feed = received.find('\n', scanned_);
        if (feed == received.npos) {
            scanned_ = received.size();
            check_size(received);
            return std::nullopt;
        }
        if (feed == line_begin_ || received[feed - 1] != '\r')
            throw HttpError(400, "a line ends with a line feed alone");
        const bool empty = feed == line_begin_ + 1;
        scanned_ = line_begin_ = feed + 1;
        if (request_line_ == 0)
            request_line_ = line_begin_;
        check_size(received.substr(0, line_begin_));
        if (empty)
            return line_begin_;
    }
}

void HeadScanner::check_size(std::string_view received) const {
    // A method, two spaces, the version and the end of the line come on top of the target.
    constexpr std::size_t kAround = 64;
    const std::size_t line = request_line_ == 0 ? received.size() : request_line_;
    if (line > limits_->uri_bytes + kAround)
        throw HttpError(414, fmt::format("the URI is longer than {} bytes", limits_->uri_bytes));
    if (request_line_ != 0 && received.size() - request_line_ > limits_->header_bytes)
        throw HttpError(431,
                        fmt::format("the headers have more than {} bytes", limits_->header_bytes));
}

RequestHead parse_head(std::string_view text, const Limits& limits) {
    RequestHead head;
    bool in_headers = false;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        if (end == text.npos)
            throw HttpError(400, "a line has no end");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 2);
        if (!in_headers) {
            parse_request_line(line, head);
            in_headers = true;
        } else if (!line.empty()) {
            if (head.headers.lines().size() == limits.headers)
                throw HttpError(431, fmt::format("there are more than {} headers", limits.headers));
            Field field = parse_header(line);
            head.headers.add(std::move(field.name), std::move(field.value));
        }
    }
    if (head.path.size() + head.query.size() > limits.uri_bytes)
        throw HttpError(414, fmt::format("the URI is longer than {} bytes", limits.uri_bytes));
    check_headers(head);
    return head;
}

Framing framing_of(const RequestHead& head, std::size_t most_bytes) {
    const std::string* length = head.headers.find("Content-Length");
    const std::string* coding = head.headers.find("Transfer-Encoding");
    const std::string* encoding = head.headers.find("Content-Encoding");
    Framing framing;
    if (coding != nullptr) {
        if ((length != nullptr && !mutated("ambiguous_framing")) || head.minor_version == 0)
            throw HttpError(400, "the length of the body is ambiguous");
        if (!equal_ignoring_case(*coding, "chunked"))
            throw HttpError(400, "no other transfer coding than chunked is understood");
        framing.chunked = true;
    } else if (length != nullptr) {
        framing.length = parse_length(*length);
    }
    if (encoding != nullptr && !equal_ignoring_case(*encoding, "identity"))
        throw HttpError(415, "bodies have to be without Content-Encoding");
    if (framing.length > most_bytes)
        throw HttpError(413, fmt::format("the body is larger than {} bytes", most_bytes));
    return framing;
}

}  // namespace parnas::http
