// SPDX-License-Identifier: Apache-2.0
#include "store/optuna_distribution.h"

#include <string>

#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::store;

namespace {

std::string real(const std::string& log) {
    return R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.1, "high": 1.0, "log": )" +
           log + "}}";
}

std::string integer(const std::string& log) {
    return R"({"name": "IntDistribution", "attributes": {"log": )" + log +
           R"(, "step": 1, "low": 1, "high": 10}})";
}

std::string choices(const std::string& list) {
    return R"({"name": "CategoricalDistribution", "attributes": {"choices": )" + list + "}}";
}

}  // namespace

TEST_CASE("kind, scale and choices of a distribution are fixed, ranges are not",
          "[store][optuna]") {
    const std::string wider =
        R"({"name": "FloatDistribution", "attributes": {"step": 0.5, "low": -9.0, "high": 9.0}})";
    CHECK(compatible_distributions(real("false"), wider));
    CHECK_FALSE(compatible_distributions(real("false"), real("true")));
    CHECK_FALSE(compatible_distributions(real("false"), integer("false")));
    CHECK_FALSE(compatible_distributions(integer("true"), integer("false")));
    CHECK_FALSE(compatible_distributions(choices(R"(["a"])"), real("false")));
    CHECK_FALSE(compatible_distributions(choices(R"(["a", "b"])"), choices(R"(["b", "a"])")));
    CHECK_FALSE(compatible_distributions(choices(R"(["a", "b"])"), choices(R"(["a"])")));
}

TEST_CASE("choices are equal where Python says so", "[store][optuna]") {
    CHECK(
        compatible_distributions(choices("[1, 0, NaN, null]"), choices("[1.0, false, NaN, null]")));
    CHECK(compatible_distributions(choices("[true]"), choices("[1.0]")));
    CHECK(compatible_distributions(choices(R"(["a"])"), choices(R"([ "\u0061" ])")));
    CHECK_FALSE(compatible_distributions(choices("[1]"), choices(R"(["1"])")));
    CHECK_FALSE(compatible_distributions(choices("[null]"), choices("[0]")));
    CHECK_FALSE(compatible_distributions(choices("[Infinity]"), choices("[-Infinity]")));
}

TEST_CASE("older and shorter forms of distributions are known", "[store][optuna]") {
    const auto attributes = [](const std::string& name) {
        return R"({"name": ")" + name + R"(", "attributes": {"low": 1, "high": 2}})";
    };
    CHECK(compatible_distributions(attributes("UniformDistribution"), real("false")));
    CHECK(compatible_distributions(attributes("LogUniformDistribution"), real("true")));
    CHECK(compatible_distributions(attributes("DiscreteUniformDistribution"), real("false")));
    CHECK(compatible_distributions(attributes("IntUniformDistribution"), integer("false")));
    CHECK(compatible_distributions(attributes("IntLogUniformDistribution"), integer("true")));
    CHECK(compatible_distributions(R"({"type": "int", "low": 1, "high": 8, "log": true})",
                                   integer("true")));
    CHECK(compatible_distributions(R"({"type": "categorical", "choices": ["a"]})",
                                   choices(R"(["a"])")));
}

TEST_CASE("what is no distribution is refused", "[store][optuna]") {
    for (const char* text :
         {"",
          "1",
          "{}",
          R"({"name": "NormalDistribution", "attributes": {}})",
          R"({"name": "FloatDistribution"})",
          R"({"name": "FloatDistribution", "attributes": {"log": 1}})",
          R"({"name": "CategoricalDistribution", "attributes": {}})",
          R"({"name": "CategoricalDistribution", "attributes": {"choices": []}})"})
        CHECK(samples::error_of([&] { check_distribution(text); }) == ErrorKind::invalid_input);
}
