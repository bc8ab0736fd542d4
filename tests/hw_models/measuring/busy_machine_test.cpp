// SPDX-License-Identifier: Apache-2.0
// With real time, unlike the other tests: what is tested is that the machine's own instruments
// notice what they are there for.
#include <atomic>
#include <thread>
#include <vector>

#include "core/error.h"
#include "hw_models/measuring/meter.h"
#include "tests/hw_models/measuring/scripted.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;
using namespace std::chrono_literals;

namespace {

class BusyLoop final : public Runner {
  public:
    void run() override {
        for (int i = 0; i < 50'000; ++i)
            sum_ = sum_ + i;
    }

  private:
    volatile std::int64_t sum_ = 0;
};

// Four busy threads for each core: whoever measures gets a fifth of one, and waits in between.
class Neighbours {
  public:
    Neighbours() {
        const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
        for (unsigned i = 0; i < 4 * cores; ++i)
            threads_.emplace_back([](const std::stop_token& stop) {
                volatile std::int64_t count = 0;
                while (!stop.stop_requested())
                    count = count + 1;
            });
    }

  private:
    std::vector<std::jthread> threads_;
};

}  // namespace

TEST_CASE("busy threads are noticed and the measurement is refused", "[hw_models][meter]") {
    tests::Runners runners;
    runners.push_back(std::make_unique<BusyLoop>());
    Meter meter = make_meter({.sampling = {.budget = 50ms}, .canary = {.patience = 500ms}});
    try {
        meter.measure(runners, {});  // the baseline, beside whatever runs already
    } catch (const Error&) {
        WARN("this machine is busy already");
    }
    const Neighbours neighbours;
    CHECK_THROWS_AS(meter.measure(runners, {}), Error);
}

TEST_CASE("busy threads are noticed and the measurement is marked", "[hw_models][meter]") {
    tests::Runners runners;
    runners.push_back(std::make_unique<BusyLoop>());
    Meter meter = make_meter({.sampling = {.budget = 50ms},
                              .canary = {.patience = 500ms},
                              .disturbed = Disturbed::mark});
    const Neighbours neighbours;
    const Timing timing = meter.measure(runners, {});
    CHECK(timing.disturbed);
    CHECK(timing.times.median() > 0s);
}
