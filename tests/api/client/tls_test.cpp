// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>

#include "api/client/http_client.h"
#include "api/http/server.h"
#include "core/error.h"
#include "tests/api/client/certificate.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::client;
using namespace parnas::tests;

namespace {

// A server that gives back what it gets, for `host`.
struct EchoServer {
    explicit EchoServer(const std::string& host = "IP:127.0.0.1")
        : files(make_certificate(folder.path(), host)),
          server({{.method = "POST",
                   .pattern = "/echo",
                   .handler =
                       [this](const http::Request& request) {
                           encrypted = encrypted && request.encrypted;
                           return http::make_text(200, request.body);
                       }}},
                 {.tls = http::TlsFiles{files.certificate, files.key}}) {}

    HttpClientOptions client() const { return {.url = server.url(), .ca_file = files.certificate}; }

    TemporaryFolder folder;
    CertificateFiles files;
    std::atomic<bool> encrypted = true;
    http::Server server;
};

ErrorKind refusal(HttpClientOptions options) {
    try {
        HttpClient(std::move(options)).send({.method = "POST", .path = "/echo"});
    } catch (const Error& error) {
        return error.kind();
    }
    return ErrorKind::internal;
}

}  // namespace

TEST_CASE("over TLS bodies of all sizes come and go whole, on many connections",
          "[api][client][tls]") {
    EchoServer server;
    CHECK(server.server.url().starts_with("https://127.0.0.1:"));
    HttpClient client(server.client());
    // The first request makes what cpp-httplib then shares among threads, behind a lock in Debian's
    // library that ThreadSanitizer does not see.
    CHECK(client.send({.method = "POST", .path = "/echo", .body = "a"}).status == 200);
    std::atomic<int> whole = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                // Around a record's 16 KiB, and more than a socket takes at once.
                for (const std::size_t size : {0, 1, 16383, 16384, 16385, 100'000, 3'000'000}) {
                    const std::string body(size, static_cast<char>('a' + i));
                    const Answer answer =
                        client.send({.method = "POST", .path = "/echo", .body = body});
                    whole += answer.status == 200 && answer.body == body;
                }
            });
    }
    CHECK(whole == 28);
    CHECK(server.encrypted);
}

TEST_CASE("a server that cannot be trusted is refused, and not as one that is away",
          "[api][client][tls]") {
    const EchoServer server;
    CHECK(refusal({.url = server.server.url()}) == ErrorKind::unauthorized);
    const EchoServer elsewhere("DNS:elsewhere.example");
    CHECK(refusal(elsewhere.client()) == ErrorKind::unauthorized);
    CHECK(refusal({.url = server.server.url(), .ca_file = server.folder / "none"}) ==
          ErrorKind::not_found);
    CHECK(refusal({.url = server.server.url(), .ca_file = server.files.key}) ==
          ErrorKind::invalid_input);
    CHECK(refusal({.url = "http://127.0.0.1:1", .ca_file = server.files.certificate}) ==
          ErrorKind::invalid_input);
}

TEST_CASE("who speaks HTTP to a port that speaks TLS is told so", "[api][client][tls]") {
    const EchoServer server;
    HttpClient client({.url = "http" + server.server.url().substr(5)});
    const Answer answer = client.send({.method = "POST", .path = "/echo", .body = "a"});
    CHECK(answer.status == 400);
    CHECK_THAT(answer.body, Catch::Contains("https://"));
}
