// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include <nlohmann/json.hpp>

#include "api/plugin/plugin.h"
#include "api/plugin/plugin_set.h"
#include "api/plugin/plugin_space.h"
#include "spaces/decodes_many.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::plugin;
using Catch::Matchers::Contains;
using parnas::tests::TemporaryFolder;

namespace {

using Clock = std::chrono::steady_clock;

constexpr Patience kNone{.first = Seconds{0}, .longest = Seconds{0}};

// A plugin that is a Python program.
class Program {
  public:
    Program(const std::string& arguments, const std::string& timeout) {
        file_ = folder_.write(
            "p.plugin.yaml",
            "plugin: p\ncommand: [/usr/bin/python3, " + arguments + "]\ntimeout: " + timeout +
                "\nenvironment: {PYTHONPATH: " + (tests::repository() / "python").string() + "}\n");
    }

    PluginDocument document() const { return read_plugin_document(file_); }
    const std::filesystem::path& file() const { return file_; }
    const TemporaryFolder& folder() const { return folder_; }

  private:
    TemporaryFolder folder_;
    std::filesystem::path file_;
};

std::string liar(const std::string& how, int seed = 0) {
    return (tests::repository() / "tests/api/plugin/liar.py").string() + ", " + how + ", \"" +
           std::to_string(seed) + '"';
}

CallFault fault_of(const Reply& reply) {
    REQUIRE(std::holds_alternative<CallFault>(reply));
    return std::get<CallFault>(reply);
}

const Json kQuestion = {{"candidates", Json::array({Json::object()})}};

// What a space makes of answers, whose plugin is `plugin`.
std::string decode_with(const std::shared_ptr<const Plugin>& plugin) {
    const SpaceOffer offer{.name = "x@1",
                           .about = {},
                           .document = R"({"name": "x@1", "params": {"a": {"integer": [1, 9]}}})",
                           .decodes = true};
    const auto space = make_plugin_space(plugin, offer, Json());
    try {
        const spaces::Decoded decoded = space->decode({{Value(std::int64_t{3})}});
        return "decoded";
    } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::unavailable);
        return error.what();
    }
}

}  // namespace

TEST_CASE("a plugin that ends is started again", "[api][plugin]") {
    const Program program(liar("exit"), "10s");
    const Plugin plugin(program.document(), kNone);
    for (int i = 0; i < 2; ++i) {
        const CallFault fault = fault_of(plugin.call("space.decode", kQuestion));
        CHECK(fault.kind == FaultKind::crashed);
        CHECK_THAT(fault.reason, Contains("ended with exit code 3"));
    }
}

TEST_CASE("a plugin that crashes says by which signal", "[api][plugin]") {
    const Program program(liar("killed"), "10s");
    const CallFault fault =
        fault_of(Plugin(program.document(), kNone).call("space.decode", kQuestion));
    CHECK(fault.kind == FaultKind::crashed);
    CHECK_THAT(fault.reason, Contains("SIGSEGV"));
}

TEST_CASE("a plugin that hangs or is stopped is given up in time", "[api][plugin]") {
    for (const char* how : {"slow", "stopped"}) {
        const Program program(liar(how), "0.5s");
        const auto start = Clock::now();
        const CallFault fault =
            fault_of(Plugin(program.document(), kNone).call("space.decode", kQuestion));
        CHECK(fault.kind == FaultKind::timed_out);
        CHECK_THAT(fault.reason, Contains("did not answer within 0.5 s"));
        CHECK(Clock::now() - start < std::chrono::seconds(10));
    }
}

TEST_CASE("a stop ends a call", "[api][plugin]") {
    const Program program(liar("slow"), "60s");
    const Plugin plugin(program.document(), kNone);
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        stop.request_stop();
    });
    CHECK(fault_of(plugin.call("space.decode", kQuestion, stop.get_token())).kind ==
          FaultKind::stopped);
}

TEST_CASE("an endless or enormous reply is cut off", "[api][plugin]") {
    for (const char* how : {"endless", "gigabyte"}) {
        const Program program(liar(how), "60s");
        const CallFault fault =
            fault_of(Plugin(program.document(), kNone).call("space.decode", kQuestion));
        CHECK(fault.kind == FaultKind::lied);
        CHECK_THAT(fault.reason, Contains("longer than 16 MiB"));
    }
}

TEST_CASE("wrong answers are refused in words", "[api][plugin]") {
    for (const char* how :
         {"random", "cut", "deep", "nan", "schema", "identity", "huge_number", "wide"}) {
        INFO(how);
        const Program program(liar(how), "10s");
        const std::string said =
            decode_with(std::make_shared<const Plugin>(program.document(), kNone));
        CHECK_THAT(said, Contains("plugin p: "));
        CHECK_THAT(said, !Contains("ended"));
    }
    const Program good(liar("good"), "10s");
    CHECK(decode_with(std::make_shared<const Plugin>(good.document(), kNone)) == "decoded");
}

TEST_CASE("a plugin that failed is not started again at once", "[api][plugin]") {
    const Program program(liar("exit"), "10s");
    const Plugin plugin(program.document(), {.first = Seconds{60}, .longest = Seconds{60}});
    CHECK_THAT(fault_of(plugin.call("space.decode", kQuestion)).reason, Contains("exit code 3"));
    CHECK_THAT(fault_of(plugin.call("space.decode", kQuestion)).reason,
               Contains("it failed 1 times and is not started again yet"));
}

// Processes that lie, crash, hang or never end: `times` of each, fewer of what takes long.
void fuzz_processes(int times) {
    int cases = 0;
    const auto fuzz = [&](const std::string& how, int count, const std::string& timeout) {
        for (int i = 0; i < count; ++i, ++cases) {
            const Program program(liar(how, i), timeout);
            INFO(how << ", seed " << i);
            const std::string said =
                decode_with(std::make_shared<const Plugin>(program.document(), kNone));
            if (said != "decoded")
                CHECK_THAT(said, Contains("plugin p: "));
        }
    };
    fuzz("any", 10 * times, "10s");
    fuzz("exit", 2 * times, "10s");
    fuzz("killed", 2 * times, "10s");
    fuzz("stopped", times, "0.2s");
    fuzz("slow", times, "0.2s");
    fuzz("endless", std::max(1, times / 4), "60s");
    fuzz("gigabyte", std::max(1, times / 4), "60s");
    WARN(cases << " processes, none of which did any harm");
}

TEST_CASE("processes that fail in every way are reported", "[api][plugin]") {
    fuzz_processes(1);
}

TEST_CASE("hundreds of processes that fail in every way are reported", "[.][fuzz]") {
    fuzz_processes(40);
}
