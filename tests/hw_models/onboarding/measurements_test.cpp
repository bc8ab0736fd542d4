// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/measurements.h"

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;

namespace {

std::vector<Fault> faults_of(std::string_view text, std::size_t probes = 3) {
    try {
        read_measurements(text, "m.csv", probes);
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.faults();
    }
    return {};
}

}  // namespace

TEST_CASE("measurements are read back as they were written", "[hw_models][onboarding]") {
    const std::string text = measurements_header() + unmeasured_line(0) + unmeasured_line(1) +
                             measurement_line(1, Milliseconds(12.8125), false) +
                             measurement_line(0, Milliseconds(0.1), true);
    const std::vector<ProbeTimes> times = read_measurements(text, "m.csv", 3);
    REQUIRE(times.size() == 3);
    CHECK(times[0].median().count() == Approx(0.1).epsilon(1e-12));
    CHECK(times[0].disturbed);
    CHECK(times[1].median().count() == Approx(12.8125).epsilon(1e-12));
    CHECK_FALSE(times[1].disturbed);
    CHECK(times[2].repetitions.empty());
}

TEST_CASE("several lines of a probe are repetitions, of which the median counts",
          "[hw_models][onboarding]") {
    const auto times = read_measurements(
        "probe,latency_ms\nprobe_00,3\nprobe_01,1\nprobe_00,1000\nprobe_00,2\n", "m.csv", 2);
    CHECK(times[0].repetitions.size() == 3);
    CHECK(times[0].median().count() == Approx(3.0));
    CHECK(times[1].median().count() == Approx(1.0));
}

TEST_CASE("what spreadsheets and scripts make of the file is understood",
          "[hw_models][onboarding]") {
    const auto times = read_measurements(
        "\xEF\xBB\xBF\"probe\" , \"latency_ms\",note\r\n\r\n  probe_00.onnx , 1.5e1 ,\"hot, 40 "
        "C\"\r\n\"probe_01\",\"2.5\"\r\nprobe_02, ,\r\nprobe_02,7",
        "m.csv",
        3);
    CHECK(times[0].median().count() == Approx(15.0));
    CHECK(times[1].median().count() == Approx(2.5));
    CHECK(times[2].median().count() == Approx(7.0));
    CHECK_FALSE(times[0].disturbed);
}

TEST_CASE("every line that is wrong is told with its number", "[hw_models][onboarding]") {
    const std::vector<Fault> faults = faults_of(
        "probe,latency_ms\n"
        "probe_00,fast\n"
        "probe_01,-1\n"
        "probe_03,1\n"
        "probe_02,0\n"
        "probe_02,nan\n"
        "probe_02,inf\n"
        "probe_02,12 ms\n"
        "probe_02,1e300\n"
        "probe_02\n"
        "probe_02,1,5\n"
        "probe_01,5\n");
    REQUIRE(faults.size() == 10);
    for (std::size_t i = 0; i < faults.size(); ++i)
        CHECK(faults[i].where == "m.csv:" + std::to_string(i + 2));
    CHECK(faults[0].message ==
          "expected a latency in milliseconds, a positive number, found 'fast'");
    CHECK(faults[2].message == "there is no probe 'probe_03'; they are probe_00 to probe_02");
    CHECK_THAT(faults[9].message, Catch::Contains("decimals have a point"));
}

TEST_CASE("another header is refused", "[hw_models][onboarding]") {
    for (const char* text : {"",
                             "\n\n",
                             "probe;latency_ms\nprobe_00;1\n",
                             "probe,latency_s\nprobe_00,1\n",
                             "probe_00,1\n",
                             "probe,latency_ms,device\nprobe_00,1,a\n"})
        REQUIRE(faults_of(text).size() >= 1);
    CHECK(faults_of("").front().where == "m.csv:1");
    CHECK_THAT(faults_of("probe,latency_s\n").front().message,
               Catch::Contains("expected the header 'probe,latency_ms,note'"));
}

TEST_CASE("bytes of any kind end in faults, not worse", "[hw_models][onboarding]") {
    std::string bytes = "probe,latency_ms\n";
    for (int i = 0; i < 2048; ++i)
        bytes += static_cast<char>((i * 37) % 256);
    CHECK_FALSE(faults_of(bytes).empty());
    CHECK_FALSE(faults_of(std::string(10'000, ',')).empty());
    CHECK_FALSE(faults_of("probe,latency_ms\n\",\"\n").empty());
}
