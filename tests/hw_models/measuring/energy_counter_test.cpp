// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/energy_counter.h"

#include <fmt/format.h>

#include "core/error.h"
#include "tests/hw_models/measuring/scripted.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace parnas::tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// A machine with one package, whose counter is a file that tests write.
class FakePackage {
  public:
    FakePackage() {
        std::filesystem::create_directories(zone());
        folder_.write(kZone + "/name", "package-0\n");
        folder_.write(kZone + "/max_energy_range_uj", "1000000000\n");
        set(0);
    }

    void set(std::uint64_t microjoules) {
        folder_.write(kZone + "/energy_uj", fmt::format("{}\n", microjoules));
    }

    std::unique_ptr<EnergyCounter> counter() const {
        auto counters = find_energy_counters(folder_.path());
        REQUIRE(counters.size() == 1);
        return std::move(counters.front());
    }

    std::filesystem::path zone() const { return folder_.path() / kZone; }

  private:
    inline static const std::string kZone = "class/powercap/intel-rapl:0";
    TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a counter that never advances is refused", "[hw_models][energy]") {
    const FakePackage package;
    ScriptedMachine machine;
    ScriptedInstruments instruments(machine);
    const auto counter = package.counter();
    const EnergySelfTest test = test_energy_counter(
        *counter, [&] { machine.now += 10ms; }, instruments);
    CHECK_FALSE(test.passed);
    CHECK(test.power == Watts(0.0));
    CHECK_THAT(test.reason, Contains("package-0") && Contains("does not advance"));
}

TEST_CASE("a counter that advances at a believable power is taken", "[hw_models][energy]") {
    const auto test_at = [](double watts) {
        FakePackage package;
        ScriptedMachine machine;
        ScriptedInstruments instruments(machine);
        const auto counter = package.counter();
        return test_energy_counter(
            *counter,
            [&] {
                machine.now += 10ms;
                package.set(static_cast<std::uint64_t>(machine.now.count() * watts * 1e6));
            },
            instruments);
    };
    const EnergySelfTest test = test_at(40.0);
    CHECK(test.passed);
    CHECK(test.power.count() == Approx(40.0).epsilon(1e-3));
    CHECK(test.reason.empty());
    CHECK_THAT(test_at(0.2).reason, Contains("0.2 W"));
    CHECK_THAT(test_at(1200.0).reason, Contains("1.2e+03 W"));
}

TEST_CASE("a counter that wraps goes on", "[hw_models][energy]") {
    FakePackage package;
    package.set(999'999'000);
    const auto counter = package.counter();
    CHECK(counter->read() == Millijoules(0.0));
    package.set(4'000);
    CHECK(counter->read().count() == Approx(5.0));
    package.set(6'000);
    CHECK(counter->read().count() == Approx(7.0));
}

TEST_CASE("a machine without counters has none, and one that vanishes is unavailable",
          "[hw_models][energy]") {
    const TemporaryFolder empty;
    CHECK(find_energy_counters(empty.path()).empty());
    const FakePackage package;
    const auto counter = package.counter();
    std::filesystem::remove(package.zone() / "energy_uj");
    CHECK_THROWS_AS(counter->read(), Error);
}

TEST_CASE("parts of a package are not counted beside it", "[hw_models][energy]") {
    const FakePackage package;
    std::filesystem::copy(package.zone(), package.zone().string() + ":0");
    CHECK_THAT(package.counter()->name(), Contains("intel-rapl:0 (package-0)"));
}
