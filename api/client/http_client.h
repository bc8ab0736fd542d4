// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/mutex.h"
#include "core/units.h"

namespace httplib {
class Client;
}

namespace parnas::client {

struct HttpClientOptions {
    std::string url;  // "http://host:8080"; https too, and a path that a proxy adds
    std::optional<std::string> token;  // for Authorization: Bearer
    std::filesystem::path ca_file;     // of https; empty: $SSL_CERT_FILE, or the system's
    Seconds connect{5.0};
    Seconds answer{30.0};       // on top of the time that the server was asked to wait
    Seconds first_delay{0.25};  // before a second try; it doubles
    std::uint64_t seed = 0;     // of keys and delays: another one for each process
};

// A segment of a path or a value of a query: what is not unreserved is percent-encoded (RFC 3986,
// 2.3).
std::string percent_encoded(std::string_view text);

struct Call {
    std::string method;  // GET, POST, PUT, PATCH or DELETE, which has no body
    std::string path;    // "/v1/studies/digits", encoded
    std::string body;
    std::string content_type = "application/json";
    std::string key;                 // Idempotency-Key; empty: none
    std::string if_match;            // an ETag; empty: none
    Seconds wait{0.0};               // that the server was asked to wait
    std::optional<Seconds> timeout;  // for the answer, instead of the options' own
    // Bytes of the answer's body, beyond which it counts as none; then `timeout` is for the whole
    // body, otherwise for each of its parts. POST only.
    std::optional<std::size_t> longest_answer = {};
};

struct Answer {
    int status = 0;
    std::string body;
    std::optional<Seconds> retry_after;
    std::string etag;  // empty: none
};

// Sends requests to one server over connections that are kept. Thread-safe: each thread that
// waits for an answer has a connection to itself. The only file with the client of cpp-httplib.
class HttpClient {
  public:
    // Throws Error(invalid_input) on what is no URL, and on https where it was not built in;
    // Error(not_found) if there is no `ca_file`.
    explicit HttpClient(HttpClientOptions options);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    const HttpClientOptions& options() const { return options_; }

    // One try. Throws Error(unavailable) if no answer came: then nobody knows whether the request
    // was heard. A stop ends the wait at once. Throws Error(unauthorized) for a certificate that
    // is not trusted, or is another host's.
    Answer send(const Call& call, const std::stop_token& stop = {});

    // For Idempotency-Key: 32 hexadecimal digits, new each time.
    std::string new_key();
    // In [0, 1), for delays.
    double chance();

  private:
    class Loan;

    std::unique_ptr<httplib::Client> take();
    std::unique_ptr<httplib::Client> connect() const;
    void give_back(std::unique_ptr<httplib::Client> connection);

    HttpClientOptions options_;
    std::string server_;  // scheme, host and port
    std::string prefix_;  // of all paths
    std::atomic<std::uint64_t> drawn_{0};
    Mutex mutex_;
    std::vector<std::unique_ptr<httplib::Client>> idle_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::client
