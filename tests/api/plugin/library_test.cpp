// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "api/plugin/check.h"
#include "api/plugin/library_channel.h"
#include "api/plugin/plugin_evaluator.h"
#include "api/plugin/plugin_set.h"
#include "api/plugin/plugin_space.h"
#include "spaces/canonical.h"
#include "spaces/count.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using namespace parnas::plugin;
using Catch::Matchers::Contains;
using parnas::tests::TemporaryFolder;

namespace {

// The plugin of sample_plugin.cpp.
LoadedPlugin load_sample(const TemporaryFolder& folder, const std::string& more = "") {
    return load_plugin(folder.write("sample.plugin.yaml",
                                    "plugin: sample\nlibrary: " PARNAS_TEST_PLUGIN "\n" + more));
}

std::unique_ptr<evaluators::Evaluator> make_evaluator(const LoadedPlugin& loaded,
                                                      std::size_t which,
                                                      const Json& options) {
    Faults faults;
    ObjectReader reader(options, "/evaluator", faults);
    auto evaluator =
        make_plugin_evaluators(loaded.plugin, loaded.offer.evaluators.at(which))(reader, {});
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

std::unique_ptr<evaluators::Evaluator> make_score(const LoadedPlugin& loaded, const Json& options) {
    return make_evaluator(loaded, 0, options);
}

Outcome evaluate(const evaluators::Evaluator& evaluator,
                 const LoadedPlugin& loaded,
                 const std::stop_token& stop = {}) {
    const auto space = make_plugin_space(loaded.plugin, loaded.offer.spaces.at(0), Json());
    return evaluator.evaluate({.genotype = {{Value(std::int64_t{2})}}},
                              {.space = *space, .stop = stop});
}

}  // namespace

TEST_CASE("a shared library keeps all promises", "[api][plugin][conformance]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    REQUIRE(loaded.trouble.empty());
    CHECK(loaded.offer.spaces.size() == 2);
    const std::vector<Finding> findings = check_plugin(loaded, 7);
    CHECK(findings.size() > 15);
    for (const Finding& each : findings) {
        INFO(each.part << ", " << each.promise);
        CHECK(each.trouble.empty());
    }
}

TEST_CASE("the same parts as a process keep all promises", "[api][plugin][conformance]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_plugin(
        folder.write("sample.plugin.yaml", "plugin: sample\ncommand: [" PARNAS_TEST_PROCESS "]\n"));
    REQUIRE(loaded.trouble.empty());
    for (const Finding& each : check_plugin(loaded, 8)) {
        INFO(each.part << ", " << each.promise);
        CHECK(each.trouble.empty());
    }
}

TEST_CASE("a space that a library decodes has networks like any other", "[api][plugin]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    const auto space = make_plugin_space(loaded.plugin, loaded.offer.spaces.at(0), Json());
    REQUIRE(space->name() == "depths@1");
    CHECK(space->document() == R"({"name":"depths@1"})");
    const auto decoded = space->decode({{Value(std::int64_t{3})}});
    CHECK(decoded.values.empty());
    CHECK(decoded.network->nodes.size() == 8);
    CHECK(spaces::count(*decoded.network).parameters == 3 * 8 * 9 + 2 * 8 * 8 * 9 + 90);
}

TEST_CASE("a space whose document says everything has shared weights", "[api][plugin]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    const auto space = make_plugin_space(loaded.plugin, loaded.offer.spaces.at(1), Json());
    CHECK(space->shared_weights() != nullptr);
    CHECK_THAT(std::string(space->document()), Contains(R"("body")"));
}

TEST_CASE("a block of a plugin is used by documents and kept with them", "[api][plugin]") {
    const TemporaryFolder folder;
    const std::vector<LoadedPlugin> plugins = {load_sample(folder)};
    spaces::set_offers({.spaces = [&] { return offered_spaces(plugins); },
                        .blocks = [&] { return offered_blocks(plugins); }});
    const Json document = parse_json(R"({"name": "mine@1", "input": {"image": [3, 8, 8]},
        "output": {"classes": 10}, "body": [
            {"use": {"block": "twice", "with": {"out": {"one_of": [8, 16]}}}}, {"head": {}}]})",
                                     "document");
    const auto space = spaces::load_space({{"document", document}}, {});
    CHECK(spaces::load_space("depths", {})->name() == "depths@1");
    spaces::set_offers({});
    CHECK_THROWS_WITH(spaces::load_space("depths", {}), Contains("no space is named"));
    const auto again = spaces::load_space(parse_json(space->document(), "space"), {});
    const Genotype wide{{Value(std::int64_t{1})}};
    CHECK(spaces::count(*again->decode(wide).network).parameters >
          spaces::count(*space->decode({{Value(std::int64_t{0})}}).network).parameters);
    CHECK(spaces::canonical_hash(*again->decode(wide).network) ==
          spaces::canonical_hash(*space->decode(wide).network));
}

TEST_CASE("what a library throws fails the trial with its text", "[api][plugin]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    const Outcome outcome = evaluate(*make_score(loaded, {{"options", {{"throw", true}}}}), loaded);
    REQUIRE(std::holds_alternative<Failure>(outcome));
    CHECK(std::get<Failure>(outcome).reason == "plugin sample: it was told to");
}

TEST_CASE("a library that hangs is given up, and used again when it is back", "[api][plugin]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    const auto slow = make_score(loaded, {{"options", {{"sleep_ms", 600}}}, {"timeout", 0.1}});
    const Outcome late = evaluate(*slow, loaded);
    REQUIRE(std::holds_alternative<Failure>(late));
    CHECK(std::get<Failure>(late).kind == FailureKind::timed_out);
    CHECK(
        std::holds_alternative<Measurement>(evaluate(*make_score(loaded, Json::object()), loaded)));
}

TEST_CASE("a stop ends the wait for a library", "[api][plugin]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    const auto slow = make_score(loaded, {{"options", {{"sleep_ms", 700}}}});
    std::stop_source stop;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        stop.request_stop();
    });
    const Outcome outcome = evaluate(*slow, loaded, stop.get_token());
    REQUIRE(std::holds_alternative<Failure>(outcome));
    CHECK(std::get<Failure>(outcome).kind == FailureKind::cancelled);
}

TEST_CASE("a trial of a plugin is pruned at its reports", "[api][plugin]") {
    const std::string how =
        GENERATE("library: " PARNAS_TEST_PLUGIN, "command: [" PARNAS_TEST_PROCESS "]");
    const TemporaryFolder folder;
    const LoadedPlugin loaded =
        load_plugin(folder.write("sample.plugin.yaml", "plugin: sample\n" + how + "\n"));
    REQUIRE(loaded.trouble.empty());
    const auto training = make_evaluator(loaded, 1, Json::object());
    const auto space = make_plugin_space(loaded.plugin, loaded.offer.spaces.at(0), Json());
    const Candidate candidate{.genotype = {{Value(std::int64_t{2})}}};
    // The trial's loss, and how often it reported until it was told to stop at `last`.
    const auto run = [&](std::int64_t last) {
        std::vector<std::int64_t> steps;
        const Outcome outcome = training->evaluate(
            candidate,
            {.space = *space, .stop = {}, .report = [&](std::int64_t step, const Metrics& metrics) {
                 CHECK(metrics.at("loss") == 1.0 / static_cast<double>(step + 1));
                 steps.push_back(step);
                 return step == last ? evaluators::Verdict::stop : evaluators::Verdict::go_on;
             }});
        return std::pair(std::get<Measurement>(outcome).metrics.at("loss"), steps.size());
    };
    CHECK(run(3) == std::pair(0.25, std::size_t{4}));
    CHECK(run(99) == std::pair(0.05, std::size_t{10}));

    std::stop_source stop;
    const auto cancel = [&](std::int64_t, const Metrics&) {
        stop.request_stop();
        return evaluators::Verdict::go_on;
    };
    const Outcome cancelled = training->evaluate(
        candidate, {.space = *space, .stop = stop.get_token(), .report = cancel});
    CHECK(std::get<Failure>(cancelled).kind == FailureKind::cancelled);
    CHECK(run(0) == std::pair(1.0, std::size_t{1}));
}

TEST_CASE("a library's trial that was left at a report is over when another begins",
          "[api][plugin]") {
    const TemporaryFolder folder;
    const LoadedPlugin loaded = load_sample(folder);
    const auto begin = [&](const std::string& session) {
        return std::get<Json>(loaded.plugin->call(
            "evaluator.evaluate",
            {{"evaluator", "training@1"}, {"trials", Json::array({{{"session", session}}})}}))[0];
    };
    const auto resume = [&](const std::string& session, bool ends) {
        return std::get<Json>(loaded.plugin->call(
            "evaluator.resume",
            {{"trials", Json::array({{{"session", session}, {"stop", ends}}})}}))[0];
    };
    CHECK(begin("a")["step"] == 0);
    CHECK(resume("a", false)["step"] == 1);
    CHECK(begin("b")["step"] == 0);
    CHECK(begin("a")["step"] == 0);
    CHECK(resume("a", false)["step"] == 1);
    CHECK(resume("b", true)["metrics"].empty());
    CHECK_THAT(resume("b", true)["error"].get<std::string>(), Contains("no such session"));
}

TEST_CASE("what is no plugin is refused in words", "[api][plugin]") {
    const TemporaryFolder folder;
    folder.write("text.so", "not a library");
    CHECK_THAT(load_plugin(folder.write("a.plugin.yaml", "plugin: a\nlibrary: text.so\n")).trouble,
               Contains("does not load"));
    CHECK_THAT(load_plugin(folder.write("b.plugin.yaml", "plugin: b\nlibrary: none.so\n")).trouble,
               Contains("there is no file"));
    CHECK_THAT(load_plugin(folder.write("c.plugin.yaml", "plugin: c\n")).trouble,
               Contains("exactly one of `command`, `library` and `url`"));
    CHECK_THAT(load_plugin(folder.write("d.plugin.yaml", "plugin: d\nurl: nowhere\n")).trouble,
               Contains("expected a URL"));
}
