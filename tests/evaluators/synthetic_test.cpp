// SPDX-License-Identifier: Apache-2.0
#include "evaluators/synthetic.h"

#include <chrono>
#include <cmath>
#include <numbers>
#include <thread>

#include <nlohmann/json.hpp>

#include "evaluators/synthetic_functions.h"
#include "tests/support/catch.h"
#include "tests/support/outcomes.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::evaluators;
using Catch::Matchers::Contains;
using parnas::tests::FakeSpace;
using parnas::tests::metrics_of;
using parnas::tests::real;
using parnas::tests::words;

namespace {

std::unique_ptr<Evaluator> make(const std::string& options) {
    Faults faults;
    const Json json = parse_json(options, "options");
    ObjectReader reader(json, "/evaluator", faults);
    auto evaluator = make_synthetic_evaluator(reader, ".");
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

Outcome run(const Evaluator& evaluator,
            const FakeSpace& space,
            const Candidate& candidate,
            std::stop_token stop = {}) {
    return evaluator.evaluate(candidate, {.space = space, .stop = std::move(stop)});
}

std::vector<Fault> faults_of(const Evaluator& evaluator, const FakeSpace& space) {
    Faults faults;
    evaluator.check_space(space, faults);
    return faults.list();
}

std::vector<double> value(std::string_view name, const std::vector<double>& x) {
    for (const SyntheticFunction& function : synthetic_functions())
        if (function.name == name)
            return function.evaluate(x);
    return {};
}

spaces::Param integer(std::string name, std::int64_t low, std::int64_t high) {
    return {.name = std::move(name), .domain = spaces::Integer{.low = low, .high = high}};
}

// The problem's parameters without their conditions, which make no difference to it.
FakeSpace mixed_cond_space() {
    FakeSpace::Parts parts{.name = "mixed_cond@1"};
    parts.params = {words("kind", {"cnn", "mlp", "tree"}),
                    words("opt", {"adamw", "adam", "lamb", "sgd"}),
                    integer("depth", 1, 2),
                    integer("width", 8, 512),
                    real("cnn_lr", 1e-5, 1e-1),
                    real("dropout", 0.0, 0.6),
                    words("op_0", {"conv3", "conv5", "dw3", "skip"}),
                    words("op_1", {"conv3", "conv5", "dw3", "skip"}),
                    integer("units", 16, 1024),
                    words("act", {"gelu", "relu", "tanh"}),
                    real("mlp_lr", 1e-5, 1e-1),
                    integer("trees", 10, 500),
                    integer("leaf", 2, 64),
                    real("eta", 0.01, 0.5)};
    return FakeSpace(std::move(parts));
}

double mixed_cond_at(Genotype genotype) {
    const auto evaluator = make(R"({"function": "mixed_cond"})");
    return metrics_of(
        run(*evaluator, mixed_cond_space(), {.genotype = std::move(genotype)}))["value"];
}

}  // namespace

TEST_CASE("the test functions have their published minima", "[evaluators][synthetic]") {
    using std::numbers::pi;
    CHECK(value("sphere", {0, 0, 0})[0] == 0.0);
    CHECK(value("sphere", {1, 2, 3})[0] == 14.0);
    CHECK(value("rosenbrock", {1, 1, 1})[0] == 0.0);
    CHECK(value("rosenbrock", {0, 0})[0] == 1.0);
    CHECK(value("ackley", {0, 0})[0] == Approx(0.0).margin(1e-12));
    CHECK(value("ackley", {1, 1})[0] == Approx(3.6253849384));
    CHECK(value("rastrigin", {0, 0})[0] == 0.0);
    CHECK(value("rastrigin", {0.5, 0})[0] == Approx(20.25));
    CHECK(value("levy", {1, 1, 1})[0] == Approx(0.0).margin(1e-12));
    CHECK(value("levy", {0})[0] == Approx(0.5 + 0.0625 * 2.0));
    for (const auto& x : {std::vector{-pi, 12.275}, {pi, 2.275}, {9.42478, 2.475}})
        CHECK(value("branin", x)[0] == Approx(0.397887).epsilon(1e-5));
    CHECK(value("hartmann6", {0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573})[0] ==
          Approx(-3.32237).epsilon(1e-5));
}

TEST_CASE("the multi-objective functions have their published fronts", "[evaluators][synthetic]") {
    for (const double f1 : {0.0, 0.1, 0.5, 1.0}) {
        const std::vector<double> x{f1, 0.0, 0.0};
        CHECK(value("zdt1", x)[1] == Approx(1.0 - std::sqrt(f1)));
        CHECK(value("zdt2", x)[1] == Approx(1.0 - f1 * f1));
        CHECK(value("zdt3", x)[1] ==
              Approx(1.0 - std::sqrt(f1) - f1 * std::sin(10.0 * std::numbers::pi * f1)));
        CHECK(value("zdt4", x)[1] == Approx(1.0 - std::sqrt(f1)));
        const auto zdt6 = value("zdt6", x);
        CHECK(zdt6[1] == Approx(1.0 - zdt6[0] * zdt6[0]));
        CHECK(value("zdt1", {f1, 1.0, 1.0})[1] == Approx(10.0 - std::sqrt(10.0 * f1)));
    }
    CHECK(value("zdt4", {0.0, 0.5, 0.0})[1] == Approx(21.25));
    CHECK(value("zdt6", {0.0, 1.0, 1.0})[1] == Approx(10.0 - 0.1));

    const std::vector<double> f = dtlz2(std::vector<double>{0.3, 0.7, 0.5, 0.5}, 3);
    CHECK(f[0] * f[0] + f[1] * f[1] + f[2] * f[2] == Approx(1.0));
    CHECK(dtlz2(std::vector<double>{0.0, 0.0, 1.0}, 3) == std::vector<double>{1.25, 0.0, 0.0});
}

TEST_CASE("mixed_cond has one optimum in each branch", "[evaluators][synthetic]") {
    // Depth 2 is 3 from the best one.
    const Genotype cnn{{0, 0, 2, 96, 3e-3, 0.2, 0, 2, 16, 2, 1e-5, 10, 2, 0.5}};
    CHECK(mixed_cond_at(cnn) == Approx(0.02 * 9.0));
    Genotype missed = cnn;
    missed.values[7] = 0;  // conv3 where dw3 is wanted
    CHECK(mixed_cond_at(missed) == Approx(0.02 * 9.0 + 0.15 / 2.0));
    CHECK(mixed_cond_at({{1, 1, 1, 8, 1e-5, 0.0, 3, 3, 256, 0, 1e-3, 10, 2, 0.5}}) ==
          Approx(0.15 + 0.02));
    CHECK(mixed_cond_at({{2, 3, 1, 8, 1e-5, 0.0, 3, 3, 16, 2, 1e-5, 300, 24, 0.1}}) ==
          Approx(0.3 + 0.08));
}

TEST_CASE("mixed_cond names the parameters that a space lacks", "[evaluators][synthetic]") {
    const auto evaluator = make(R"({"function": "mixed_cond"})");
    CHECK(faults_of(*evaluator, mixed_cond_space()).empty());
    const FakeSpace whole = mixed_cond_space();
    FakeSpace::Parts parts;
    for (const spaces::Param& param : whole.params())
        if (param.name != "eta" && param.name != "op_1")
            parts.params.push_back(param.name == "act" ? words("act", {"swish"}) : param);
    const auto faults = faults_of(*evaluator, FakeSpace(std::move(parts)));
    REQUIRE(faults.size() == 3);
    CHECK(faults[0].where == "act");
    CHECK(faults[1].where == "eta");
    CHECK(faults[2].where == "op_1");
}

TEST_CASE("arguments are the numeric parameters in their order", "[evaluators][synthetic]") {
    FakeSpace::Parts parts;
    parts.params = {real("a", -5, 10), words("text", {"x", "y"}), integer("b", 0, 15)};
    const FakeSpace space(std::move(parts));
    const auto evaluator = make(R"({"function": "branin"})");
    CHECK(faults_of(*evaluator, space).empty());
    const Genotype genotype{{2.5, std::int64_t{1}, std::int64_t{7}}};
    CHECK(metrics_of(run(*evaluator, space, {.genotype = genotype}))["value"] ==
          value("branin", {2.5, 7.0})[0]);
}

TEST_CASE("several objectives are f1, f2, ...", "[evaluators][synthetic]") {
    const auto evaluator = make(R"({"function": "dtlz2", "objectives": 3})");
    CHECK(evaluator->metrics() == std::vector<std::string>{"f1", "f2", "f3"});
    const Genotype genotype{{0.0, 0.0, 0.5, 0.5}};
    const Metrics metrics =
        metrics_of(run(*evaluator, tests::real_space(4), {.genotype = genotype}));
    CHECK(metrics == Metrics{{"f1", 1.0}, {"f2", 0.0}, {"f3", 0.0}});
}

TEST_CASE("a space that does not fit the function is refused", "[evaluators][synthetic]") {
    const auto count = [](const std::string& function, const FakeSpace& space) {
        return faults_of(*make(R"({"function": ")" + function + "\"}"), space).size();
    };
    CHECK(count("branin", tests::real_space(2)) == 0);
    CHECK(count("branin", tests::real_space(3)) == 1);
    CHECK(count("hartmann6", tests::real_space(5)) == 1);
    CHECK(count("sphere", tests::real_space(0)) == 1);
    CHECK(count("sphere", tests::real_space(1)) == 0);
    CHECK(count("zdt1", tests::real_space(1)) == 1);
    CHECK(count("dtlz2", tests::real_space(1)) == 1);
    CHECK(count("sphere", tests::mixed_space()) == 2);  // two conditional numbers
    CHECK(count("noop", tests::network_space()) == 0);
}

TEST_CASE("noise comes from the candidate's seed", "[evaluators][synthetic]") {
    const auto evaluator = make(R"({"function": "sphere", "noise": 0.5})");
    const FakeSpace space = tests::real_space(1);
    const auto at = [&](std::uint64_t seed) {
        return metrics_of(run(*evaluator, space, {.genotype = {{0.0}}, .seed = seed}))["value"];
    };
    CHECK(at(1) == at(1));
    CHECK(at(1) != at(2));
    double sum = 0.0;
    double squares = 0.0;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        sum += at(seed);
        squares += at(seed) * at(seed);
    }
    // Five standard errors.
    CHECK(sum / 2000 == Approx(0.0).margin(5 * 0.5 / std::sqrt(2000.0)));
    CHECK(std::sqrt(squares / 2000) == Approx(0.5).margin(5 * 0.5 / std::sqrt(4000.0)));
}

TEST_CASE("a delayed evaluation ends when it is stopped", "[evaluators][synthetic]") {
    const auto evaluator = make(R"({"function": "noop", "delay_ms": 3600000})");
    const FakeSpace space = tests::network_space();
    const Candidate candidate{.genotype = {{std::int64_t{0}, std::int64_t{0}, std::int64_t{0}}}};
    std::stop_source source;
    std::jthread stopper([&source] { source.request_stop(); });
    const Outcome outcome = run(*evaluator, space, candidate, source.get_token());
    CHECK(std::get<Failure>(outcome).kind == FailureKind::cancelled);

    const auto quick = make(R"({"function": "noop", "delay_ms": 1})");
    const auto measured = std::get<Measurement>(run(*quick, space, candidate));
    CHECK(measured.metrics == Metrics{{"value", 0.0}});
    CHECK(measured.cost == std::chrono::milliseconds(1));
}

TEST_CASE("a value that is not finite is a failure", "[evaluators][synthetic]") {
    FakeSpace::Parts parts;
    parts.params = {real("x", -1, 1), real("y", 0, 1)};
    const FakeSpace space(std::move(parts));
    const Outcome outcome =
        run(*make(R"({"function": "zdt1"})"), space, {.genotype = {{-1.0, 0.0}}});
    CHECK(std::get<Failure>(outcome).kind == FailureKind::diverged);
}

TEST_CASE("the fingerprint tells outcomes apart", "[evaluators][synthetic]") {
    const std::string sphere = make(R"({"function": "sphere"})")->fingerprint();
    CHECK(sphere == make(R"({"function": "sphere"})")->fingerprint());
    CHECK(sphere != make(R"({"function": "levy"})")->fingerprint());
    CHECK(sphere != make(R"({"function": "sphere", "noise": 0.1})")->fingerprint());
    CHECK(make(R"({"function": "dtlz2"})")->fingerprint() !=
          make(R"({"function": "dtlz2", "objectives": 3})")->fingerprint());
}

TEST_CASE("wrong options of the synthetic evaluator are faults", "[evaluators][synthetic]") {
    CHECK_THROWS_WITH(make(R"({"function": "spere", "noise": -1, "objectives": 2})"),
                      Contains("known are: ") && Contains("/evaluator/noise") &&
                          Contains("/evaluator/objectives"));
    CHECK_THROWS_WITH(make("{}"), Contains("'function' is missing"));
}
