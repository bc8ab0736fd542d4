// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <atomic>
#include <future>
#include <mutex>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "tests/support/catch.h"

using namespace parnas;

namespace {

LogEntry sample(std::string text) {
    return {.time = time_from_string("2026-11-21 00:10:43.206789"),
            .level = LogLevel::warning,
            .event = "request",
            .fields = {{"route", "/v1/studies/{study}"},
                       {"status", std::int64_t{503}},
                       {"ms", 1.5},
                       {"detail", std::move(text)}}};
}

}  // namespace

TEST_CASE("a line of JSON has all that is known, in order", "[core][log]") {
    CHECK(to_line(sample("busy"), LogFormat::json) ==
          R"({"time":"2026-11-21T00:10:43.206Z","level":"warning","event":"request",)"
          R"("route":"/v1/studies/{study}","status":503,"ms":1.5,"detail":"busy"})"
          "\n");
}

TEST_CASE("a line of text quotes what is not one plain word", "[core][log]") {
    CHECK(to_line(sample("the disk is full"), LogFormat::text) ==
          "2026-11-21T00:10:43.206Z warning request route=/v1/studies/{study} status=503 ms=1.5 "
          "detail=\"the disk is full\"\n");
    CHECK(to_line(sample("a=b"), LogFormat::text).find("detail=\"a=b\"") != std::string::npos);
    CHECK(to_line(sample(""), LogFormat::text).find("detail=\"\"") != std::string::npos);
}

TEST_CASE("nothing in a text ends its line or reaches a terminal", "[core][log]") {
    for (const LogFormat format : {LogFormat::json, LogFormat::text}) {
        const std::string line =
            to_line(sample("x\n{\"level\":\"info\"}\r\x1b[2J\x7f \xc2\x9b \xff\xfe\u2028"), format);
        CHECK(line.find('\n') == line.size() - 1);
        for (const char c : line.substr(0, line.size() - 1))
            CHECK((c >= ' ' && c <= '~'));
    }
}

TEST_CASE("what is below the level is not written", "[core][log]") {
    std::string written;
    {
        Log log([&](std::string_view lines) { written += lines; }, {.least = LogLevel::warning});
        CHECK_FALSE(log.takes(LogLevel::info));
        log.write(LogLevel::info, "one");
        log.write(LogLevel::warning, "two");
        log.write(LogLevel::error, "three");
    }
    CHECK(written.find("one") == std::string::npos);
    CHECK(written.find("two") < written.find("three"));
    CHECK(written.find("three") != std::string::npos);
}

TEST_CASE("nobody waits for who reads the lines, and those left out are counted", "[core][log]") {
    std::promise<void> blocked;
    std::promise<void> go_on;
    std::string written;
    {
        Log log(
            [&, first = true](std::string_view lines) mutable {
                if (std::exchange(first, false)) {
                    blocked.set_value();
                    go_on.get_future().wait();
                }
                written += lines;
            },
            {.most_waiting = 3});
        log.write(LogLevel::info, "first");
        blocked.get_future().wait();
        for (int i = 0; i < 8; ++i)
            log.write(LogLevel::info, "more");
        go_on.set_value();
    }
    std::size_t more = 0;
    for (auto at = written.find("more"); at != std::string::npos; at = written.find("more", at + 1))
        ++more;
    CHECK(more == 3);
    CHECK(written.find(R"("event":"log_lines_lost","lines":5)") != std::string::npos);
}
