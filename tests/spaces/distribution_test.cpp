// SPDX-License-Identifier: Apache-2.0
#include "spaces/distribution.h"

#include <cmath>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::spaces;
using Catch::Matchers::Contains;

namespace {

std::string text_of(const std::string& name, const std::string& attributes) {
    return R"({"name": ")" + name + R"(", "attributes": {)" + attributes + "}}";
}

// How Optuna would write what it reads from this text.
std::string today(const std::string& name, const std::string& attributes) {
    return to_distribution(domain_from_distribution(text_of(name, attributes)));
}

}  // namespace

TEST_CASE("a distribution is written as Optuna writes it", "[spaces][distribution]") {
    CHECK(
        to_distribution(Integer{.low = 1, .high = 10}) ==
        R"({"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 10}})");
    CHECK(
        to_distribution(Real{.low = 1e-5, .high = 1.0, .log = true}) ==
        R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}})");
    CHECK(
        to_distribution(Real{.low = 0.0, .high = 1e16, .step = 1e3}) ==
        R"({"name": "FloatDistribution", "attributes": {"step": 1000.0, "low": 0.0, "high": 1e+16, "log": false}})");
    const Categorical categorical{
        .choices = {"a \"b\"", "\xc3\xa9", std::int64_t{3}, 2.0, true, Scalar()}};
    CHECK(
        to_distribution(categorical) ==
        R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a \"b\"", "\u00e9", 3, 2.0, true, null]}})");
}

TEST_CASE("the high end is lowered to the grid, as Optuna does", "[spaces][distribution]") {
    CHECK_THAT(to_distribution(Integer{.low = 1, .high = 10, .step = 4}), Contains(R"("high": 9)"));
    CHECK_THAT(to_distribution(Real{.low = 0.0, .high = 1.0, .step = 0.3}),
               Contains(R"("high": 0.9,)"));
    CHECK_THAT(to_distribution(Real{.low = 0.0, .high = 1.0, .step = 0.1}),
               Contains(R"("high": 1.0,)"));
}

TEST_CASE("a distribution comes back from its text", "[spaces][distribution]") {
    const Domain domain =
        GENERATE(Domain(Integer{.low = -3, .high = 9, .step = 2}),
                 Domain(Integer{.low = 1, .high = 1 << 20, .log = true}),
                 Domain(Real{.low = -0.1, .high = 0.3}),
                 Domain(Real{.low = 1e-7, .high = 1e-1, .log = true}),
                 Domain(Real{.low = 0.1, .high = 0.9, .step = 0.2}),
                 Domain(Categorical{.choices = {"a", 1.0, std::int64_t{1}, false, Scalar()}}));
    const std::string text = to_distribution(domain);
    const Domain read = domain_from_distribution(text);
    CHECK(read.index() == domain.index());
    CHECK(to_distribution(read) == text);
}

TEST_CASE("deprecated distributions are read as today's", "[spaces][distribution]") {
    CHECK(today("UniformDistribution", R"("low": 0.0, "high": 2.0)") ==
          to_distribution(Real{.low = 0.0, .high = 2.0}));
    CHECK(today("LogUniformDistribution", R"("low": 0.1, "high": 2.0)") ==
          to_distribution(Real{.low = 0.1, .high = 2.0, .log = true}));
    CHECK(today("DiscreteUniformDistribution", R"("low": 0.0, "high": 2.0, "q": 0.5)") ==
          to_distribution(Real{.low = 0.0, .high = 2.0, .step = 0.5}));
    CHECK(today("IntUniformDistribution", R"("low": 0, "high": 6, "step": 2)") ==
          to_distribution(Integer{.low = 0, .high = 6, .step = 2}));
    CHECK(today("IntLogUniformDistribution", R"("low": 1, "high": 6, "step": 1)") ==
          to_distribution(Integer{.low = 1, .high = 6, .log = true}));
}

TEST_CASE("what is not a distribution is refused", "[spaces][distribution]") {
    const std::string text =
        GENERATE(std::string("[]"),
                 std::string("nonsense"),
                 text_of("NormalDistribution", ""),
                 text_of("IntDistribution", R"("low": 1)"),
                 text_of("IntDistribution", R"("low": 2, "high": 1)"),
                 text_of("IntDistribution", R"("low": 0, "high": 1, "log": true)"),
                 text_of("IntDistribution", R"("low": 1, "high": 9, "log": true, "step": 2)"),
                 text_of("IntDistribution", R"("low": 1, "high": 9, "step": 0)"),
                 text_of("IntDistribution", R"("low": 1, "high": 9, "q": 1)"),
                 text_of("FloatDistribution", R"("low": 0.0, "high": 1.0, "log": true)"),
                 text_of("FloatDistribution", R"("low": 0.0, "high": 1.0, "step": -0.5)"),
                 text_of("CategoricalDistribution", R"("choices": [])"),
                 text_of("CategoricalDistribution", R"("choices": ["a", "a"])"),
                 text_of("CategoricalDistribution", R"("choices": [[1]])"));
    CHECK_THROWS_AS(domain_from_distribution(text), Error);
}

TEST_CASE("a value comes back from its internal number", "[spaces][distribution]") {
    const Domain domain = GENERATE(Domain(Integer{.low = -3, .high = 9, .step = 2}),
                                   Domain(Real{.low = -0.1, .high = 0.3}),
                                   Domain(Real{.low = 0.0, .high = 1.0, .step = 0.1}),
                                   Domain(Categorical{.choices = {"a", "b", "c"}}));
    Rng rng(1);
    for (int i = 0; i < 50; ++i) {
        const Value value = sample(domain, rng);
        CHECK(from_internal(domain, to_internal(value)) == value);
    }
    CHECK_THROWS_AS(from_internal(domain, 100.0), Error);
    CHECK_THROWS_AS(from_internal(domain, -100.0), Error);
    CHECK_THROWS_AS(from_internal(domain, std::nan("")), Error);
}

TEST_CASE("an internal number between two values is refused", "[spaces][distribution]") {
    CHECK_THROWS_AS(from_internal(Categorical{.choices = {"a", "b"}}, 0.5), Error);
    CHECK_THROWS_AS(from_internal(Integer{.low = 1, .high = 5, .step = 2}, 2.0), Error);
    CHECK_THROWS_AS(from_internal(Real{.low = 0.0, .high = 1.0, .step = 0.5}, 0.6), Error);
    CHECK(from_internal(Real{.low = 0.0, .high = 1.0, .step = 0.1}, 0.3) == Value(3 * 0.1));
}
