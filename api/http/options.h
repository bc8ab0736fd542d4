// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace parnas::http {

using Milliseconds = std::chrono::milliseconds;

// How much of everything there may be, and the status of what is more.
struct Limits {
    std::size_t uri_bytes = 8 << 10;          // 414
    std::size_t header_bytes = 8 << 10;       // of all header lines together, 431
    std::size_t headers = 100;                // 431
    std::size_t body_bytes = 8 << 20;         // 413; a route may have its own
    std::size_t held_body_bytes = 256 << 20;  // of all requests at a time, 503

    std::size_t connections = 1024;  // at most what the limit of open files leaves, see Server
    std::size_t reserved_connections =
        32;  // beyond these, for routes of Lane::vital; others get 503
    std::size_t connections_per_address = 256;
    bool limit_loopback = false;  // whether that holds for 127.0.0.1 and ::1 too

    std::size_t streams = 256;               // of events, 503
    std::size_t streams_per_principal = 16;  // 503
};

// How long everything may take. Where a client sends or reads, `slow` is a window: in each at
// least `slow_bytes` have to pass, or the connection is closed.
struct Deadlines {
    Milliseconds head{
        10'000};  // from the first byte, or the connection's start, to the last header
    Milliseconds body{30'000};
    Milliseconds slow{7'000};
    std::size_t slow_bytes = 4 << 10;
    Milliseconds idle{10'000};   // between two requests of a connection
    Milliseconds linger{1'000};  // for a refused client to read why
    Milliseconds queue{5'000};   // for a request to wait for a thread
    Milliseconds ping{15'000};   // of an event stream that has nothing to say
};

// How many requests run and wait, by the lane of their route (api/http/router.h).
struct LaneBounds {
    std::size_t threads = 1;
    std::size_t queue = 0;
};

struct Lanes {
    // More threads than a few for each core only keep each other, and vital ones, from running.
    LaneBounds normal{.threads = 16, .queue = 560};
    LaneBounds waiting{.threads = 512, .queue = 64};
    LaneBounds vital{.threads = 4, .queue = 256};
    Milliseconds thread_idle{5'000};  // after which a thread ends
};

// One request that was answered, or refused. Has neither bodies nor headers nor the query,
// which may hold secrets.
struct AccessRecord {
    std::string id;
    std::string method;
    std::string path;   // as sent: visible ASCII, empty if the request was not understood
    std::string route;  // the pattern; empty if none matched
    std::string remote_address;
    std::string principal;  // Request::principal
    bool lasting = false;   // may take long: a stream, or of Lane::waiting
    int status = 0;
    std::chrono::microseconds duration{0};  // from the whole request to the whole answer
    std::size_t sent_bytes = 0;
    std::string error;  // what went wrong inside, with status 500 and above
};

// Called by several threads at once; must not wait long and must not throw.
using AccessLog = std::function<void(const AccessRecord&)>;

// PEM files of a server that speaks TLS; read once.
struct TlsFiles {
    std::filesystem::path certificate;  // and those that lead from it to a root, in this order
    std::filesystem::path key;          // without a passphrase; not for all users to read
};

struct ServerOptions {
    std::string address = "127.0.0.1";  // an IP address or "localhost"
    std::uint16_t port = 0;             // 0: the system picks one
    // Whether the address may be another than loopback's. Say so only if requests are
    // authenticated.
    bool allow_remote = false;
    std::optional<TlsFiles> tls;  // none: HTTP as it is
    Limits limits;
    Deadlines deadlines;
    Lanes lanes;
    AccessLog access_log;  // may be empty
};

}  // namespace parnas::http
