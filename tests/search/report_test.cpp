// SPDX-License-Identifier: Apache-2.0
#include "search/report/report.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "search/report/report_parts.h"
#include "spaces/distribution.h"
#include "tests/support/catch.h"
#include "tests/support/fake_store.h"
#include "tests/support/networks.h"

namespace parnas::search {
namespace {

Report two_trials() {
    const std::string unit = spaces::to_distribution(spaces::Real{.low = 0.0, .high = 1.0});
    Report report;
    report.study = {.spec = {.name = "s",
                             .metrics = {"accuracy", "latency_ms"},
                             .directions = {Direction::maximize, Direction::minimize},
                             .job = "{}"},
                    .state = store::StudyState::complete};
    report.trials = {{.number = 0,
                      .state = TrialState::complete,
                      .params = {{"lr", 0.5, unit}},
                      .seed = 18446744073709551615U,
                      .values = {0.5, 3.0},
                      .metrics = {{"accuracy", 0.5}, {"latency_ms", 3.0}}},
                     {.number = 1,
                      .state = TrialState::complete,
                      .values = {0.75, 4.0},
                      .metrics = {{"accuracy", 0.75}, {"latency_ms", 4.0}}}};
    report.fronts = {{.version = 1, .members = {0}}, {.version = 2, .members = {0, 1}}};
    return report;
}

// What a browser would parse.
Json data_in(const std::string& html) {
    const std::string begin = R"(<script type="application/json" id="data">)";
    const std::size_t from = html.find(begin) + begin.size();
    return parse_json(html.substr(from, html.find("</script>", from) - from), "page");
}

}  // namespace

TEST_CASE("names and values in a report cannot end its data", "[search][report]") {
    Report report = two_trials();
    const std::string hostile = "</script><!--<script>alert(1)</script>&lt;";
    report.study.spec.name = hostile;
    report.trials[1].failure = Failure{FailureKind::crashed, hostile};
    const std::string html = to_html(report, "1.2.3");
    CHECK(html.find("<!--<script>alert") == std::string::npos);
    CHECK(html.find("alert(1)</script>") == std::string::npos);
    const Json data = data_in(html);
    CHECK(data["study"]["name"] == hostile);
    CHECK(data["trials"][1]["failure"]["reason"] == hostile);
    CHECK(data["parnas"] == "1.2.3");
}

TEST_CASE("numbers in a report survive a script's", "[search][report]") {
    Report report = two_trials();
    report.trials[0].metrics["loss"] = std::numeric_limits<double>::quiet_NaN();
    report.trials[0].metrics["gain"] = -std::numeric_limits<double>::infinity();
    report.trials[0].user_attributes["gamma"] = "NaN";  // as Python writes it
    const Json trial = data_in(to_html(report, "1"))["trials"][0];
    CHECK(trial["metrics"]["loss"] == "NaN");
    CHECK(trial["metrics"]["gain"] == "-Infinity");
    CHECK(trial["attributes"]["gamma"] == "NaN");
    CHECK(trial["seed"] == "18446744073709551615");
}

TEST_CASE("a report says why a trial was stopped early", "[search][report]") {
    Report report = two_trials();
    report.trials[1].state = TrialState::pruned;
    report.trials[1].system_attributes["pruned"] = R"({"step": 3, "reason": "below the median"})";
    const Json trials = report_data(report, "1")["trials"];
    CHECK_FALSE(trials[0].contains("pruned"));
    CHECK(trials[1]["pruned"] == Json{{"step", 3}, {"reason", "below the median"}});
}

TEST_CASE("fronts without a hypervolume are measured against the worst values",
          "[search][report]") {
    Report report = two_trials();
    const Json fronts = report_data(report, "1")["fronts"];
    CHECK(fronts[0]["hypervolume"] == 0.0);
    CHECK(fronts[1]["hypervolume"] == 0.0);
    CHECK_FALSE(fronts[0].contains("members"));
    CHECK(fronts[1]["members"] == Json{0, 1});

    report.trials.push_back(
        {.number = 2, .state = TrialState::complete, .values = {0.25, 7.0}, .metrics = {}});
    // Below (accuracy 0.25, latency 7): 0.25 x 4, and 0.25 x 3 on top of it.
    CHECK(report_data(report, "1")["fronts"][1]["hypervolume"] == Approx(1.75));
    report.fronts[1].hypervolume = 9.0;
    CHECK(report_data(report, "1")["fronts"][1]["hypervolume"] == 9.0);
}

TEST_CASE("a report says where its figures come from", "[search][report]") {
    const auto note_with = [](const Report& report, std::string_view text) {
        for (const std::string& note : report_notes(report))
            if (note.find(text) != std::string::npos)
                return true;
        return false;
    };
    Report report = two_trials();
    CHECK(note_with(report, "Another program made this study"));
    CHECK(note_with(report, "no test data was seen"));

    report.job =
        JobSpec{.evaluator = R"({"type": "training"})", .target = R"({"model": "roofline"})"};
    CHECK(note_with(report, "Predicted by the hardware model 'roofline'"));
    report.job->target = R"({"model": "measured"})";
    CHECK(note_with(report, "Measured on the machine that ran the search: latency_ms."));
    report.trials[0].metrics["latency_upper_ms"] = 3.0;
    CHECK(note_with(report, "that ran the search: latency_ms, latency_upper_ms."));
    report.job->evaluator = R"({"type": "synthetic"})";
    CHECK(note_with(report, "say nothing about real networks"));

    report.trials[1].stage = Stage::finalist;
    CHECK(note_with(report, "Nothing was measured on test data"));
    report.trials[1].metrics["test_accuracy"] = 0.5;
    CHECK(note_with(report, "data that the search never saw"));
    report.trials[0].fidelity = 0.5;
    CHECK(note_with(report, "1 of the trials had less than the full training budget"));
}

TEST_CASE("a report names finalists that broke a limit as they were measured", "[search][report]") {
    Report report = two_trials();
    report.job =
        JobSpec{.evaluator = R"({"type": "training"})", .target = R"({"model": "fitted"})"};
    const auto says = [&report](const std::string& text) {
        return std::ranges::any_of(report_notes(report), [&](const std::string& note) {
            return note.find(text) != std::string::npos;
        });
    };
    CHECK(says("'fitted', not measured on the device"));
    CHECK_FALSE(says("were measured"));
    const std::string figures =
        R"({"latency_ms": 1.0, "latency_low_ms": 0.9, "latency_high_ms": 1.1,
            "source": "fitted", "extrapolated": false})";
    report.trials[1].system_attributes["target"] =
        R"({"predicted": )" + figures + R"(, "measured": )" + figures + "}";
    report.trials[0].system_attributes["target"] =
        R"({"predicted": )" + figures + R"(, "refused": "the machine is busy"})";
    report.trials[1].stage = Stage::finalist;
    report.trials[1].state = TrialState::fail;
    report.trials[1].failure = Failure{FailureKind::infeasible, "latency_ms 3 is over the limit"};
    CHECK(says("'fitted', or measured on the device"));
    CHECK(says("The latencies of 1 trials were measured"));
    CHECK(says("1 more were refused"));
    CHECK(
        says("Trial 1, a finalist, broke a limit as it was measured, and was not trained: "
             "latency_ms 3 is over the limit."));
}

TEST_CASE("a network is drawn with its shapes and counts", "[search][report]") {
    const Json drawing = drawing_data(tests::small_mlp(8, 16, 4));
    REQUIRE(drawing["nodes"].size() == 4);
    CHECK(drawing["nodes"][0]["op"] == "input");
    CHECK(drawing["nodes"][1]["text"] == "linear out=16");
    CHECK(drawing["nodes"][1]["shape"] == "16");
    CHECK(drawing["nodes"][1]["parameters"] == 8 * 16 + 16);
    CHECK(drawing["nodes"][3]["inputs"] == Json{2});
    CHECK(drawing["outputs"] == Json{3});
}

TEST_CASE("attributes that no program should nest so deeply are texts", "[search][report]") {
    Report report = two_trials();
    const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
    report.trials[0].user_attributes = {{"deep", deep}, {"flat", "[1]"}, {"python", "NaN"}};
    const Json attributes = data_in(to_html(report, "1"))["trials"][0]["attributes"];
    CHECK((attributes["deep"] == deep));
    CHECK((attributes["flat"] == Json::array({1})));
    CHECK((attributes["python"] == "NaN"));
}

TEST_CASE("a report of a study that goes on has all trials of its front", "[search][report]") {
    // Somebody finishes a trial whenever one looks.
    struct Growing final : tests::FlakyStore {
        explicit Growing(store::Store& inner) : FlakyStore(inner, [](int) {}), inner_(inner) {
            id = inner.create_study({.name = "s",
                                     .metrics = {"error"},
                                     .directions = {Direction::minimize},
                                     .job = "{}"});
            driver_ = inner.acquire_study(id, store::this_process(), Seconds(60));
        }
        std::vector<store::TrialRecord> trials(StudyId study,
                                               TrialNumber first,
                                               std::int64_t limit) const override {
            auto found = FlakyStore::trials(study, first, limit);
            grow();
            return found;
        }
        std::vector<store::FrontChange> front_history(StudyId study) const override {
            auto found = FlakyStore::front_history(study);
            grow();
            return found;
        }
        void grow() const {
            store::Batch batch{.driver = driver_};
            batch.starts.push_back({.number = next_, .started = now()});
            batch.finishes.push_back(
                {.number = next_, .values = {-static_cast<double>(next_)}, .finished = now()});
            batch.front = {next_++};
            inner_.commit(batch);
        }

        StudyId id{};

      private:
        store::Store& inner_;
        store::Driver driver_;
        mutable TrialNumber next_ = 0;
    };
    const auto store = store::make_memory_store();
    const Growing growing(*store);
    growing.grow();
    const Report report = read_report(growing, growing.study(growing.id), {}, {});
    REQUIRE_FALSE(report.fronts.empty());
    for (const TrialNumber member : report.fronts.back().members)
        CHECK(std::ranges::find(report.trials, member, &store::TrialRecord::number) !=
              report.trials.end());
}

TEST_CASE("a report has the figures of phases, and not their architecture parameters",
          "[search][report]") {
    Report report = two_trials();
    report.phases = {{.name = "supernet",
                      .settings = R"({"lr": 0.1})",
                      .told = 1,
                      .metrics = {{"loss", std::numeric_limits<double>::quiet_NaN()}},
                      .attachment = R"({"alphas": [1, 2]})",
                      .cost = Seconds(3.0)}};
    const Json phase = data_in(to_html(report, "1")).at("phases").at(0);
    CHECK(phase.at("name") == "supernet");
    CHECK(phase.at("told") == 1);
    CHECK(phase.at("metrics").at("loss") == "NaN");
    CHECK(phase.at("cost_seconds") == 3.0);
    CHECK_FALSE(phase.contains("attachment"));
    CHECK_FALSE(phase.contains("settings"));
}

}  // namespace parnas::search
