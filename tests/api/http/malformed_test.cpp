// SPDX-License-Identifier: Apache-2.0
// Requests that another program on the way could read in another way: each gets one answer, 400,
// and the connection ends, so what follows is nobody's second request.
#include <atomic>
#include <string>

#include "tests/api/http/raw_client.h"
#include "tests/api/http/small_server.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::http;
using namespace parnas::tests;

namespace {

const std::string kPost = "POST /echo HTTP/1.1\r\nHost: a\r\n";
const std::string kHidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("an ambiguous request has one answer and hides no other", "[api][http]") {
    std::atomic<int> hidden = 0;
    Server server({echo_route(),
                   {.method = "GET",
                    .pattern = "/hidden",
                    .handler =
                        [&](const Request&) {
                            ++hidden;
                            return Response();
                        }}},
                  {});
    for (const std::string& request : {
             kPost + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + kHidden,
             kPost + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + kHidden,
             kPost + "Content-Length: 0,44\r\n\r\n" + kHidden,
             kPost + "Content-Length: -1\r\n\r\n" + kHidden,
             kPost + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost +
                 "Transfer-Encoding: \x0b"
                 "chunked\r\n\r\n0\r\n\r\n" +
                 kHidden,
             kPost + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden,
             kPost + "REMOTE_ADDR: 127.0.0.1\r\n\r\n" + kHidden,
             kPost + "X: a" + std::string(1, '\0') + "b\r\n\r\n" + kHidden,
             kPost + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + kHidden,
             kPost + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + kHidden,
             kPost + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n" + kHidden,
             kPost + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n" + kHidden,
             "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kHidden,
             "POST /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + kHidden,
             "POST /echo HTTP/1.1\r\n\r\n" + kHidden,
             "POST /echo HTTP/1.1 \r\nHost: a\r\n\r\n" + kHidden,
             "POST  /echo HTTP/1.1\r\nHost: a\r\n\r\n" + kHidden,
             "POST /echo\r\n\r\n" + kHidden,
             "P(ST /echo HTTP/1.1\r\nHost: a\r\n\r\n" + kHidden,
             "\r\n\r\n" + kHidden,
             "\n" + kHidden,
             std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15) + kHidden,
         }) {
        INFO(request);
        RawClient client(server.port());
        client.send(request);
        const Answer answer = client.read_answer();
        CHECK(answer.status == 400);
        CHECK(answer.header("Content-Type") == "application/problem+json");
        CHECK(answer.header("Connection") == "close");
        CHECK(client.read_all().empty());
    }
    CHECK(hidden == 0);
}

TEST_CASE("paths that lead elsewhere are refused before a handler sees them", "[api][http]") {
    std::atomic<int> seen = 0;
    Server server({{.method = "GET",
                    .pattern = "/files/{name}",
                    .handler =
                        [&](const Request&) {
                            ++seen;
                            return Response();
                        }}},
                  {});
    for (const char* name : {"..",
                             "%2e%2e",
                             "%2E%2e",
                             "..%2f..",
                             "%2fetc%2fpasswd",
                             "..%5c..",
                             "%00",
                             "a%00.txt",
                             "%c0%ae%c0%ae",
                             "%ff",
                             "a%0d%0aX:%20y"}) {
        INFO(name);
        CHECK(ask(server.port(), "GET /files/" + std::string(name)).status == 400);
    }
    CHECK(ask(server.port(), "GET /files/../../etc/passwd").status == 400);
    CHECK(seen == 0);
    CHECK(ask(server.port(), "GET /files/%252e%252e").status == 200);
}

TEST_CASE("what a client says about its address or host is not believed", "[api][http]") {
    Server server(
        {{.method = "GET",
          .pattern = "/who",
          .handler =
              [](const Request& request) { return make_text(200, request.remote_address); }}},
        {});
    CHECK(ask(server.port(),
              "GET /who",
              "X-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nX-Real-IP: 10.0.0.1\r\n")
              .body == "127.0.0.1");
}
