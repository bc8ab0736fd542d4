// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/problem.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>

#include <nlohmann/json.hpp>

#include "bench/search_once.h"
#include "cli/composition.h"
#include "core/error.h"
#include "tests/support/catch.h"
#include "tests/support/repository.h"

namespace parnas::bench {
namespace {

const std::filesystem::path kTables = tests::repository() / "../shared/data";

bool is_there(const Problem& problem) {
    return problem.table().empty() || std::filesystem::exists(kTables / problem.table());
}

search::PreparedStudy prepare(const Problem& problem, std::int64_t trials) {
    Json job = problem.job();
    job["budget"] = {{"trials", trials}};
    job["strategy"] = {{"type", "random"}};
    return prepare_searches(job, kTables, cli::make_registries(), {});
}

// What a problem's evaluator says of parameters by name, in the order of its objectives.
std::vector<double> values_at(const Problem& problem, const Json& params) {
    Json job = problem.job();
    job["budget"] = {{"trials", 1}};
    job["strategy"] = {{"type", "random"}};
    job["initial"] = Json::array({params});
    const auto trials =
        search_once(prepare_searches(job, kTables, cli::make_registries(), {}), 0, {});
    return trials.at(0).values;
}

Json same_everywhere(const Problem& problem, double value) {
    Json params = Json::object();
    for (const auto& [name, domain] : problem.job()["space"]["document"]["params"].items())
        params[name] = value;
    return params;
}

store::TrialRecord trial(std::vector<double> values) {
    store::TrialRecord record;
    record.state = TrialState::complete;
    record.values = std::move(values);
    return record;
}

}  // namespace

TEST_CASE("every problem can be searched where its table is", "[bench][quality]") {
    const std::vector<std::string> names = Problem::names();
    CHECK(names.size() == 17);
    for (const std::string& name : names) {
        INFO(name);
        const Problem problem = Problem::find(name);
        CHECK(problem.name() == name);
        if (!is_there(problem)) {
            WARN("skipped " << name << ": no " << kTables / problem.table());
            continue;
        }
        const auto trials = search_once(prepare(problem, 5), 0, {});
        CHECK(trials.size() == 5);
        CHECK(std::isfinite(problem.score(trials)));
    }
}

TEST_CASE("the functions' problems have their optima within their bounds", "[bench][quality]") {
    using Catch::Matchers::WithinAbs;
    const Problem branin = Problem::find("branin");
    CHECK_THAT(values_at(branin, {{"x0", std::numbers::pi}, {"x1", 2.275}})[0],
               WithinAbs(0.397887, 1e-6));
    const Problem hartmann6 = Problem::find("hartmann6");
    CHECK_THAT(values_at(hartmann6,
                         {{"x0", 0.20169},
                          {"x1", 0.150011},
                          {"x2", 0.476874},
                          {"x3", 0.275332},
                          {"x4", 0.311652},
                          {"x5", 0.6573}})[0],
               WithinAbs(-3.32237, 1e-5));
    const Problem rosenbrock10 = Problem::find("rosenbrock10");
    CHECK(values_at(rosenbrock10, same_everywhere(rosenbrock10, 1.0))[0] == 0.0);
    const Problem ackley10 = Problem::find("ackley10");
    CHECK_THAT(values_at(ackley10, same_everywhere(ackley10, 0.0))[0], WithinAbs(0.0, 1e-12));
    CHECK(values_at(ackley10, same_everywhere(ackley10, 32.768))[0] > 20.0);
    const Problem zdt1 = Problem::find("zdt1");
    CHECK(values_at(zdt1, same_everywhere(zdt1, 0.0)) == std::vector{0.0, 1.0});
    CHECK(values_at(zdt1, same_everywhere(zdt1, 1.0))[0] == 1.0);
    const Problem dtlz2 = Problem::find("dtlz2");
    CHECK(values_at(dtlz2, same_everywhere(dtlz2, 0.5)).size() == 3);
}

TEST_CASE("mixed_cond is 0 at the best network", "[bench][quality]") {
    const Problem problem = Problem::find("mixed_cond");
    Json best{{"kind", "cnn"},
              {"opt", "adamw"},
              {"depth", 5},
              {"width", 96},
              {"cnn_lr", 3e-3},
              {"dropout", 0.2}};
    for (int i = 0; i < 5; ++i)
        best["op_" + std::to_string(i)] = i % 2 == 0 ? "conv3" : "dw3";
    CHECK(values_at(problem, best)[0] == Approx(0.0).margin(1e-12));
    CHECK(values_at(problem,
                    {{"kind", "mlp"},
                     {"opt", "adamw"},
                     {"units", 256},
                     {"act", "gelu"},
                     {"mlp_lr", 1e-3}})[0] == Approx(0.15));
}

TEST_CASE("a search is worth its best value or its hypervolume", "[bench][quality]") {
    const Problem one = Problem::find("branin");
    CHECK(one.direction() == Direction::minimize);
    CHECK(one.score({trial({3.0}), trial({1.0}), trial({2.0})}) == 1.0);
    const Problem highest = Problem::find("hpobench_nn_vehicle");
    CHECK(highest.direction() == Direction::maximize);
    CHECK(highest.score({trial({0.3}), trial({0.9})}) == 0.9);
    const Problem two = Problem::find("zdt1");  // reference (1.1, 6)
    CHECK(two.direction() == Direction::maximize);
    CHECK(two.score({trial({0.1, 5.0}), trial({2.0, 0.0})}) == Approx(1.0));
    store::TrialRecord failed;
    failed.state = TrialState::fail;
    CHECK(std::isnan(one.score({failed})));
}

TEST_CASE("an unknown problem is answered with those that there are", "[bench][quality]") {
    CHECK_THROWS_WITH(Problem::find("brainin"),
                      Catch::Contains("brainin") && Catch::Contains("branin, hartmann6"));
}

}  // namespace parnas::bench
