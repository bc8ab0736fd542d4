// SPDX-License-Identifier: Apache-2.0
#include "cli/text/numbers.h"

#include <limits>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::cli;

TEST_CASE("numbers have four digits that count", "[cli][numbers]") {
    CHECK(short_number(0.0) == "0");
    CHECK(short_number(-0.0) == "0");
    CHECK(short_number(0.931249) == "0.9312");
    CHECK(short_number(1.5) == "1.5");
    CHECK(short_number(12345.678) == "12346");
    CHECK(short_number(99999) == "99999");
    CHECK(short_number(100000) == "100k");
    CHECK(short_number(12345678) == "12.35M");
    CHECK(short_number(999999.9) == "1M");
    CHECK(short_number(-2.5e9) == "-2.5G");
    CHECK(short_number(1e18) == "1.000e+18");
    CHECK(short_number(1e-7) == "1e-07");
    CHECK(short_number(std::numeric_limits<double>::infinity()) == "inf");
}

TEST_CASE("durations have at most two units", "[cli][numbers]") {
    CHECK(short_duration(Seconds(0.417)) == "0.42 s");
    CHECK(short_duration(Seconds(9.996)) == "10.0 s");
    CHECK(short_duration(Seconds(59.96)) == "1 min");
    CHECK(short_duration(Seconds(200)) == "3 min 20 s");
    CHECK(short_duration(Seconds(3599.6)) == "1 h");
    CHECK(short_duration(Seconds(7500)) == "2 h 5 min");
    CHECK(short_duration(Seconds(273600)) == "3 d 4 h");
}

TEST_CASE("bytes are counted in powers of 1024", "[cli][numbers]") {
    CHECK(short_bytes(0) == "0 B");
    CHECK(short_bytes(1023) == "1023 B");
    CHECK(short_bytes(1536) == "1.5 KiB");
    CHECK(short_bytes(std::uintmax_t{1} << 30U) == "1.0 GiB");
}

TEST_CASE("a metric's unit is set apart", "[cli][numbers]") {
    CHECK(metric_label("latency_ms") == "latency (ms)");
    CHECK(metric_label("peak_memory_bytes") == "peak memory (bytes)");
    CHECK(metric_label("accuracy") == "accuracy");
    CHECK(metric_label("_ms") == " ms");
}
