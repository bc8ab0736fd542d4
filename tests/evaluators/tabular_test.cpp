// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/tabular.h"

#include <atomic>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/evaluators/files.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::evaluators;
using Catch::Matchers::Contains;
using parnas::tests::FakeSpace;
using parnas::tests::TemporaryFolder;
using parnas::tests::words;

namespace {

std::unique_ptr<Evaluator> make(const TemporaryFolder& folder, const std::string& options) {
    Faults faults;
    const Json json = parse_json(options, "options");
    ObjectReader reader(json, "/evaluator", faults);
    auto evaluator = make_tabular_evaluator(reader, folder.path());
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

// What is wrong with the options or the files, one line each.
std::string complaint(const TemporaryFolder& folder, const std::string& options) {
    try {
        make(folder, options);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

std::string space_complaint(const Evaluator& evaluator, const spaces::SearchSpace& space) {
    Faults faults;
    evaluator.check_space(space, faults);
    std::string text;
    for (const Fault& fault : faults.list())
        text += fault.where + ": " + fault.message + '\n';
    return text;
}

struct Reports {
    std::vector<std::pair<std::int64_t, Metrics>> seen;
    std::int64_t stop_at = -1;
};

Outcome run(const Evaluator& evaluator,
            const spaces::SearchSpace& space,
            const Candidate& candidate,
            Reports* reports = nullptr) {
    Context context{.space = space};
    if (reports != nullptr)
        context.report = [reports](std::int64_t step, const Metrics& metrics) {
            reports->seen.emplace_back(step, metrics);
            return step == reports->stop_at ? Verdict::stop : Verdict::go_on;
        };
    return evaluator.evaluate(candidate, context);
}

Measurement measured(const Outcome& outcome) {
    return std::get<Measurement>(outcome);
}

std::string refusal(const Outcome& outcome) {
    return std::get<Failure>(outcome).reason;
}

Candidate at(std::vector<Value> values) {
    return {.genotype = {std::move(values)}};
}

std::int64_t operator""_i(unsigned long long value) {
    return static_cast<std::int64_t>(value);
}

// a and b are the two parameters of small_space(): 3 x 4 choices.
constexpr const char* kGrid =
    "a,b,score,seconds\n"
    "0,0,1.5,10\n0,1,2,20\n0,2,3,30\n0,3,4,40\n"
    "1,0,5,50\n1,1,nan,60\n1,2,7,70\n1,3,8,80\n";

}  // namespace

TEST_CASE("a candidate's metrics and cost are formulas of its row", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    tests::write_gzip(folder / "grid.csv.gz", kGrid);
    const auto evaluator = make(folder, R"({"table": "grid.csv.gz", "cost": "seconds / 10",
        "metrics": {"score": "score", "loss": "10 - 2 * score"}})");
    const FakeSpace space = tests::small_space();
    CHECK(space_complaint(*evaluator, space).empty());
    CHECK(evaluator->metrics() == std::vector<std::string>{"score", "loss"});

    const Measurement result = measured(run(*evaluator, space, at({0_i, 2_i})));
    CHECK(result.metrics == Metrics{{"loss", 4.0}, {"score", 3.0}});
    CHECK(result.cost.count() == 3.0);
    CHECK(result.fidelity == 1.0);

    SECTION("one without a row is infeasible") {
        const Outcome outcome = run(*evaluator, space, at({2_i, 1_i}));
        CHECK(std::get<Failure>(outcome).kind == FailureKind::infeasible);
        CHECK_THAT(refusal(outcome), Contains("grid.csv.gz has no row with a = 2"));
        CHECK_THAT(refusal(outcome), Contains("b = 1"));
    }
    SECTION("one that has no number there has diverged") {
        const Outcome outcome = run(*evaluator, space, at({1_i, 1_i}));
        CHECK(std::get<Failure>(outcome).kind == FailureKind::diverged);
        CHECK_THAT(refusal(outcome), Contains("is nan in the table"));
    }
    SECTION("several threads get what one gets") {
        std::vector<std::jthread> threads;
        std::atomic<int> wrong = 0;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                const Outcome outcome = run(*evaluator, space, at({0_i, std::int64_t{i}}));
                wrong += measured(outcome).cost.count() != i + 1.0 ? 1 : 0;
            });
        threads.clear();
        CHECK(wrong == 0);
    }
}

TEST_CASE("a key column may be made of several parameters", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("cells.csv", "ops,y\n0-2,1\n1-0,2\n");
    const FakeSpace space({.params = {words("x.first", {"none", "skip"}),
                                      words("x.second", {"none", "skip", "conv"})}});
    const std::string options = R"({"table": "cells.csv", "metrics": {"y": "y"},
        "key": {"ops": "{x.first}-{x.second}"},
        "values": {"none": 0, "skip": 1, "conv": 2}})";
    const auto evaluator = make(folder, options);
    CHECK(space_complaint(*evaluator, space).empty());
    CHECK(measured(run(*evaluator, space, at({0_i, 2_i}))).metrics.at("y") == 1.0);
    CHECK(measured(run(*evaluator, space, at({1_i, 0_i}))).metrics.at("y") == 2.0);
    CHECK_THAT(refusal(run(*evaluator, space, at({1_i, 1_i}))), Contains("ops = 1-1"));
}

TEST_CASE("numbers are equal however they are written", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "lr,width,y\n1e-3,016,1\n0.0010,32,2\n0.30000000000000004,16,3\n");
    const auto evaluator = make(folder, R"({"table": "t.csv", "metrics": {"y": "y"}})");
    const FakeSpace space(
        {.params = {words("lr", {0.001, 0.3}),
                    {.name = "width", .domain = spaces::Integer{.low = 16, .high = 48}}}});
    CHECK(measured(run(*evaluator, space, at({0_i, 16_i}))).metrics.at("y") == 1.0);
    CHECK(measured(run(*evaluator, space, at({0_i, 32_i}))).metrics.at("y") == 2.0);
    CHECK(measured(run(*evaluator, space, at({1_i, 16_i}))).metrics.at("y") == 3.0);
    CHECK_THAT(refusal(run(*evaluator, space, at({0_i, 20_i}))),
               Contains("width = 20 (there is 16 and 32)"));
}

TEST_CASE("an inactive parameter stands for an empty cell", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "optimizer,momentum,y\nsgd,0.5,1\nsgd,0.9,2\nadam,,3\n");
    const FakeSpace space({.params = {words("optimizer", {"adam", "sgd"}),
                                      {.name = "momentum",
                                       .domain = spaces::Real{.low = 0.5, .high = 0.9, .step = 0.4},
                                       .condition = spaces::Condition{
                                           .parent = 0, .active = spaces::ChoiceSet{{1}}}}}});
    const std::string match = GENERATE("exact", "nearest");
    const auto evaluator =
        make(folder, R"({"table": "t.csv", "metrics": {"y": "y"}, "match": ")" + match + "\"}");
    CHECK(space_complaint(*evaluator, space).empty());
    CHECK(measured(run(*evaluator, space, at({0_i, 0.5}))).metrics.at("y") == 3.0);
    CHECK(measured(run(*evaluator, space, at({1_i, 0.5}))).metrics.at("y") == 1.0);
    CHECK(measured(run(*evaluator, space, at({1_i, 0.9}))).metrics.at("y") == 2.0);
}

TEST_CASE("the nearest row is near on the parameters' own scale", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "act,lr,units,y\nrelu,0.001,10,1\nrelu,0.1,10,2\ntanh,0.01,90,3\n");
    const FakeSpace space(
        {.params = {words("act", {"relu", "tanh", "gelu"}),
                    {.name = "lr", .domain = spaces::Real{.low = 1e-4, .high = 1.0, .log = true}},
                    {.name = "units", .domain = spaces::Integer{.low = 1, .high = 100}}}});
    const auto evaluator =
        make(folder, R"({"table": "t.csv", "metrics": {"y": "y"}, "match": "nearest"})");
    const auto value = [&](std::int64_t act, double lr, std::int64_t units) {
        return measured(run(*evaluator, space, at({act, lr, units}))).metrics.at("y");
    };
    CHECK(value(0, 0.009, 10) == 1.0);
    CHECK(value(0, 0.011, 10) == 2.0);
    CHECK(value(0, 0.0099, 90) == 1.0);
    CHECK(value(1, 0.001, 1) == 3.0);  // choices are never near
    CHECK_THAT(refusal(run(*evaluator, space, at({2_i, 0.01, 10_i}))), Contains("act = gelu"));
}

TEST_CASE("tables are joined on a column, whatever their order", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("a.csv", "id,x,y\n7,0,1\n8,1,2\n");
    folder.write("b.csv", "ms,id,y\n20,8,-1\n30,9,-1\n10,7,-1\n");
    const FakeSpace space({.params = {tests::categorical("x", 2)}});
    const auto evaluator = make(folder, R"({"tables": ["a.csv", {"file": "b.csv", "on": "id"}],
        "metrics": {"y": "y", "latency_ms": "ms"}})");
    CHECK(measured(run(*evaluator, space, at({0_i}))).metrics ==
          Metrics{{"latency_ms", 10.0}, {"y", 1.0}});

    folder.write("b.csv", "ms,id\n20,8\n10,9\n10,9\n");
    const std::string both = R"("tables": ["a.csv", {"file": "b.csv", "on": "id"}])";
    const std::string text = complaint(folder, "{" + both + R"(, "metrics": {"y": "y"}})");
    CHECK_THAT(text, Contains("a.csv:2: ") && Contains("b.csv has no row with id = 7"));
    CHECK_THAT(text, Contains("b.csv:4: id = 9 was there before"));
    CHECK_THAT(complaint(folder, R"({"tables": ["a.csv", "b.csv"], "metrics": {"y": "y"}})"),
               Contains("/evaluator/tables/1: expected an object"));
    CHECK_THAT(complaint(folder, R"({"tables": "a.csv", "metrics": {"y": "y"}})"),
               Contains("/evaluator/tables: expected a list of files"));
    CHECK_THAT(complaint(folder, R"({"tables": ["a.csv"], "table": "a.csv"})"),
               Contains("either `table` or `tables`"));
    CHECK_THAT(complaint(folder, R"({"tables": ["a.csv", {"file": "b.csv", "on": "x"}],
                                     "metrics": {"y": "y"}})"),
               Contains("b.csv: the tables are joined on 'x', but there is no such column"));
}

TEST_CASE("a finalist alone sees the test metrics", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "x,y,z\n0,1,2\n1,3,4\n");
    const FakeSpace space({.params = {tests::categorical("x", 2)}});
    const auto evaluator = make(folder, R"({"table": "t.csv", "metrics": {"y": "y"},
        "test_metrics": {"test_accuracy": "z / 100"}})");
    Candidate candidate = at({1_i});
    CHECK(measured(run(*evaluator, space, candidate)).metrics == Metrics{{"y", 3.0}});
    candidate.stage = Stage::finalist;
    CHECK(measured(run(*evaluator, space, candidate)).metrics ==
          Metrics{{"test_accuracy", 0.04}, {"y", 3.0}});
    CHECK(evaluator->metrics() == std::vector<std::string>{"y"});
}

TEST_CASE("a fidelity is answered with the nearest at or below it", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "x,e1,e9,e27\n0,1,2,3\n");
    const FakeSpace space({.params = {tests::categorical("x", 1)}});
    const auto evaluator = make(folder, R"({"table": "t.csv", "metrics": {"y": "e27"}, "cost": 27,
        "fidelities": [{"fidelity": 0.33333, "metrics": {"y": "e9"}, "cost": 9},
                       {"fidelity": 0.04, "metrics": {"y": "e1"}, "cost": "1"}]})");
    const auto answer = [&](double fidelity) {
        Candidate candidate = at({0_i});
        candidate.fidelity = fidelity;
        const Measurement result = measured(run(*evaluator, space, candidate));
        return std::vector{result.metrics.at("y"), result.fidelity, result.cost.count()};
    };
    CHECK(answer(1.0) == std::vector{3.0, 1.0, 27.0});
    CHECK(answer(0.99) == std::vector{2.0, 0.33333, 9.0});
    CHECK(answer(0.2) == std::vector{1.0, 0.04, 1.0});
    CHECK(answer(0.01) == std::vector{1.0, 0.04, 1.0});

    const auto with = [&](const std::string& fidelities) {
        return complaint(
            folder,
            R"({"table": "t.csv", "metrics": {"y": "e27"}, "fidelities": )" + fidelities + "}");
    };
    CHECK_THAT(with(R"([{"fidelity": 0.5, "metrics": {"z": "e1"}}])"),
               Contains("/evaluator/fidelities/0/metrics: 'y' is missing") &&
                   Contains("metrics/z: the evaluator's metrics have no such name"));
    CHECK_THAT(with(R"([{"fidelity": 1.0, "metrics": {"y": "e1"}}])"),
               Contains("/evaluator/fidelities/0/fidelity: expected a share"));
    CHECK_THAT(with(R"([{"fidelity": 0.5, "metrics": {"y": "e1"}},
                        {"fidelity": 0.5, "metrics": {"y": "e9"}}])"),
               Contains("/evaluator/fidelities/1/fidelity: ") && Contains("stands here twice"));
    CHECK_THAT(with("{}"), Contains("/evaluator/fidelities: expected a list"));
}

TEST_CASE("intermediate values are reported in order until it is stopped",
          "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "x,size,seconds,v1,v2,v3,v4\n0,9,8,1,2,3,4\n1,9,8,1,nan,3,4\n");
    const FakeSpace space({.params = {tests::categorical("x", 2)}});
    const auto evaluator = make(folder, R"({"table": "t.csv", "cost": "seconds",
        "metrics": {"error": "100 - v4", "size": "size"},
        "reports": {"steps": 4, "metrics": {"error": "100 - v{step}", "size": "size"}}})");
    Reports reports;
    const Measurement whole = measured(run(*evaluator, space, at({0_i}), &reports));
    CHECK(whole.metrics == Metrics{{"error", 96.0}, {"size", 9.0}});
    REQUIRE(reports.seen.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(reports.seen[i].first == static_cast<std::int64_t>(i));
        CHECK(reports.seen[i].second.at("error") == 99.0 - static_cast<double>(i));
    }
    SECTION("a stopped one has its share of cost and fidelity") {
        Reports stopping{.stop_at = 1};
        const Measurement part = measured(run(*evaluator, space, at({0_i}), &stopping));
        CHECK(stopping.seen.size() == 2);
        CHECK(part.metrics.at("error") == 98.0);
        CHECK(part.fidelity == 0.5);
        CHECK(part.cost.count() == 4.0);
    }
    SECTION("a lower fidelity has fewer steps, reported or not") {
        Candidate candidate = at({0_i});
        candidate.fidelity = 0.75;
        Reports fewer;
        CHECK(measured(run(*evaluator, space, candidate, &fewer)).metrics.at("error") == 97.0);
        CHECK(fewer.seen.size() == 3);
        CHECK(measured(run(*evaluator, space, candidate)).cost.count() == 6.0);
    }
    SECTION("one that goes on from a lower fidelity costs the rest") {
        std::string weights;
        const Context context{.space = space,
                              .save_weights = [&](std::string bytes) { weights = bytes; },
                              .load = [&](const ArtifactId&) { return weights; }};
        Candidate candidate = at({0_i});
        candidate.fidelity = 0.25;
        CHECK(measured(evaluator->evaluate(candidate, context)).cost.count() == 2.0);
        candidate.warm_start = hash_bytes(weights);
        candidate.fidelity = 0.75;
        CHECK(measured(evaluator->evaluate(candidate, context)).cost.count() == 4.0);
        weights.clear();
        candidate.warm_start.reset();
        candidate.fidelity = 1.0;
        CHECK(measured(evaluator->evaluate(candidate, context)).cost.count() == 8.0);
        CHECK(weights.empty());
    }
    SECTION("it ends where a value is not finite") {
        Reports diverging;
        const Outcome outcome = run(*evaluator, space, at({1_i}), &diverging);
        CHECK(std::get<Failure>(outcome).kind == FailureKind::diverged);
        CHECK(diverging.seen.size() == 1);
    }
    CHECK_THAT(complaint(folder, R"({"table": "t.csv", "metrics": {"y": "v4"}, "fidelities": [],
                                     "reports": {"steps": 4, "metrics": {"y": "v{step}"}}})"),
               Contains("/evaluator/fidelities: the steps of `reports`"));
}

TEST_CASE("each fault of a table has its file, line and column", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    const std::string options = R"({"table": "t.csv", "metrics": {"y": "y", "z": "1 / y"}})";
    const auto with = [&](const std::string& content) {
        folder.write("t.csv", content);
        return complaint(folder, options);
    };
    CHECK_THAT(with(""), Contains("t.csv: the file is empty"));
    CHECK_THAT(with("x,y\n\n"), Contains("t.csv: there are no rows"));
    CHECK_THAT(with("x,x,y\n1,2,3\n"), Contains("t.csv:1: two columns are named 'x'"));
    CHECK_THAT(with("x,y\n1\n\n2,3\n4,5,6\n"),
               Contains("t.csv:2: expected 2 fields as in the header, found 1") &&
                   Contains("t.csv:5: expected 2 fields as in the header, found 3"));
    CHECK_THAT(with("x,y\n1,2\n2,two\n3,\n"),
               Contains("t.csv:3: column y: expected a number, found 'two'") &&
                   Contains("t.csv:4: column y: expected a number, found ''"));
    CHECK_THAT(with("x,y\n1,2\n2,0\n"),
               Contains("t.csv:3: /evaluator/metrics/z: ") && Contains("division by zero"));

    tests::write_gzip(folder / "whole.gz", std::string(100'000, 'x') + ",y\n1,2\n");
    std::filesystem::resize_file(folder / "whole.gz",
                                 std::filesystem::file_size(folder / "whole.gz") - 9);
    CHECK_THAT(complaint(folder, R"({"table": "whole.gz", "metrics": {"y": "y"}})"),
               Contains("whole.gz: the compressed data is damaged or cut off"));
    CHECK_THAT(complaint(folder, R"({"table": "none.csv", "metrics": {"y": "y"}})"),
               Contains("none.csv: the file cannot be opened"));
}

TEST_CASE("each fault of the options has its place", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "x,score,cost\n1,2,-1\n");
    const auto with = [&](const std::string& options) {
        return complaint(folder, R"({"table": "t.csv", )" + options + "}");
    };
    CHECK_THAT(complaint(folder, "{}"),
               Contains("'table' is missing") && Contains("'metrics' is missing"));
    CHECK_THAT(with(R"("metrics": {"y": "scores"})"),
               Contains("/evaluator/metrics/y: ") && Contains("no column 'scores'") &&
                   Contains("did you mean 'score'?"));
    CHECK_THAT(with(R"("metrics": {"y": "score +"})"), Contains("something is missing"));
    CHECK_THAT(with(R"("metrics": {"y": ["score"]})"),
               Contains("/evaluator/metrics/y: expected a column or a formula, found array"));
    CHECK_THAT(with(R"("metrics": {"y": "score"}, "cost": "cost")"),
               Contains("t.csv:2: /evaluator/cost: expected seconds, at least 0; got -1"));
    CHECK_THAT(with(R"("metrics": {"y": "score"}, "test_metrics": {"y": "score"})"),
               Contains("/evaluator/test_metrics/y: a metric has this name already"));
    CHECK_THAT(with(R"("metrics": {"y": "score"}, "metric": 1)"), Contains("/evaluator/metric: "));
    CHECK_THAT(with(R"("metrics": {"y": "score"}, "values": {"a": []})"),
               Contains("/evaluator/values/a: expected a text or a number"));
}

TEST_CASE("a space that does not fit the table is refused", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("t.csv", "a,b,y\n0,0,1\n0,1,2\n0,00,3\n");
    const FakeSpace space = tests::small_space();
    CHECK_THAT(
        space_complaint(*make(folder, R"({"table": "t.csv", "metrics": {"y": "y"}})"), space),
        Contains("t.csv:4: stands for the same candidate as ") && Contains("t.csv:2"));

    folder.write("t.csv", "ab,y\n0,1\n");
    const auto with = [&](const std::string& options, const FakeSpace& other) {
        return space_complaint(
            *make(folder, R"({"table": "t.csv", "metrics": {"y": "y"}, )" + options + "}"), other);
    };
    CHECK_THAT(
        with(R"("match": "exact")", space),
        Contains("/evaluator/key: no column tells the values of 'a' apart") && Contains("'b'"));
    CHECK_THAT(with(R"("key": {"abb": "{a}{b}"})", space),
               Contains("/evaluator/key/abb: the table has no such column; did you mean 'ab'?"));
    CHECK_THAT(with(R"("key": {"ab": "{a}{bb}"})", space),
               Contains("/evaluator/key/ab: the space has no parameter 'bb'; did you mean"));
    CHECK_THAT(with(R"("key": {"ab": "{a}{b"})", space), Contains("a '}' is missing"));
    CHECK_THAT(with(R"("key": {"ab": "{a}{b}"}, "values": {"9": "8"})", space),
               Contains("/evaluator/values/9: no parameter has such a choice"));
    CHECK_THAT(with(R"("key": {"ab": "{a}{b}"})", space),
               Contains("none of 1000 random candidates is in the table"));
    CHECK_THAT(with(R"("key": {"ab": "{x0}"})", tests::real_space(1)),
               Contains("real parameter 'x0'") && Contains("match: nearest"));
    folder.write("t.csv", "x0,y\n0.5,1\nhigh,2\n");
    CHECK_THAT(with(R"("match": "nearest")", tests::real_space(1)),
               Contains("t.csv:3: column x0: ") && Contains("found 'high'"));
}

TEST_CASE("the fingerprint of a table is its content and the options", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("a.csv", kGrid);
    tests::write_gzip(folder / "b.csv.gz", kGrid);
    folder.write("c.csv", std::string(kGrid) + "2,0,9,90\n");
    const auto of = [&](const std::string& file, const std::string& metric) {
        return make(folder,
                    R"({"table": ")" + file + R"(", "metrics": {"y": ")" + metric + R"("}})")
            ->fingerprint();
    };
    CHECK(of("a.csv", "score") == of("b.csv.gz", "score"));
    CHECK(of("a.csv", "score") != of("c.csv", "score"));
    CHECK(of("a.csv", "score") != of("a.csv", "seconds"));
}

TEST_CASE("a stopped evaluation is cancelled", "[evaluators][tabular]") {
    const TemporaryFolder folder;
    folder.write("grid.csv", kGrid);
    const auto evaluator = make(folder, R"({"table": "grid.csv", "metrics": {"y": "score"}})");
    std::stop_source stop;
    stop.request_stop();
    const FakeSpace space = tests::small_space();
    const Outcome outcome =
        evaluator->evaluate(at({0_i, 0_i}), {.space = space, .stop = stop.get_token()});
    CHECK(std::get<Failure>(outcome).kind == FailureKind::cancelled);
}
