// SPDX-License-Identifier: Apache-2.0
#include "evaluators/mixed_cond.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "evaluators/synthetic_functions.h"

namespace parnas::evaluators {
namespace {

struct Word {
    std::string_view word;
    double cost = 0.0;
};
constexpr std::array<Word, 3> kNetworks{{{"cnn"}, {"mlp"}, {"tree"}}};
constexpr std::array<Word, 4> kOptimisers{
    {{"adamw", 0.0}, {"adam", 0.02}, {"lamb", 0.05}, {"sgd", 0.08}}};
constexpr std::array<Word, 3> kActivations{{{"gelu", 0.0}, {"relu", 0.03}, {"tanh", 0.1}}};
constexpr std::array<Word, 4> kOps{{{"conv3"}, {"conv5"}, {"dw3"}, {"skip"}}};

const Scalar& value_of(const Assignment& values, std::string_view name) {
    const auto found = values.find(name);
    check(found != values.end(), fmt::format("mixed_cond: '{}' has no value", name));
    return found->second;
}

double number(const Assignment& values, std::string_view name) {
    const Scalar& value = value_of(values, name);
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    return std::get<double>(value);
}

const std::string& text(const Assignment& values, std::string_view name) {
    return std::get<std::string>(value_of(values, name));
}

double cost(const Assignment& values, std::string_view name, std::span<const Word> words) {
    return std::ranges::find(words, text(values, name), &Word::word)->cost;
}

double cnn(const Assignment& values) {
    const double depth = number(values, "depth");
    int misses = 0;
    for (int i = 0; i < static_cast<int>(depth); ++i)
        misses += text(values, fmt::format("op_{}", i)) != (i % 2 == 0 ? "conv3" : "dw3") ? 1 : 0;
    return 0.02 * square(depth - 5.0) + 0.05 * square(std::log2(number(values, "width") / 96.0)) +
           0.1 * square(std::log10(number(values, "cnn_lr") / 3e-3)) +
           2.0 * square(number(values, "dropout") - 0.2) + 0.15 * misses / depth;
}

double mlp(const Assignment& values) {
    return 0.15 + 0.03 * square(std::log2(number(values, "units") / 256.0)) +
           cost(values, "act", kActivations) +
           0.08 * square(std::log10(number(values, "mlp_lr") / 1e-3));
}

double tree(const Assignment& values) {
    return 0.3 + 0.1 * square((number(values, "trees") - 300.0) / 300.0) +
           0.1 * square((number(values, "leaf") - 24.0) / 40.0) +
           0.1 * square(std::log10(number(values, "eta") / 0.1));
}

// Finds parameters by name and complains of what does not fit.
class Checker {
  public:
    Checker(const spaces::SearchSpace& space, Faults& faults) : space_(space), faults_(faults) {}

    const spaces::Domain* find(const std::string& name) {
        const auto params = space_.params();
        const auto found = std::ranges::find(params, name, &spaces::Param::name);
        if (found != params.end())
            return &found->domain;
        faults_.add(name, "function mixed_cond needs a parameter of this name");
        return nullptr;
    }

    void need_number(const std::string& name) {
        const spaces::Domain* domain = find(name);
        if (domain != nullptr && std::holds_alternative<spaces::Categorical>(*domain))
            faults_.add(name, "function mixed_cond expects a number, found a categorical");
    }

    void need_words(const std::string& name, std::span<const Word> words) {
        const spaces::Domain* domain = find(name);
        if (domain == nullptr)
            return;
        const auto* categorical = std::get_if<spaces::Categorical>(domain);
        const auto known = [words](const Scalar& choice) {
            const auto* word = std::get_if<std::string>(&choice);
            return word != nullptr && std::ranges::find(words, *word, &Word::word) != words.end();
        };
        if (categorical != nullptr && std::ranges::all_of(categorical->choices, known))
            return;
        std::string expected;
        for (const Word& each : words)
            expected += (expected.empty() ? "" : ", ") + std::string(each.word);
        faults_.add(name, "function mixed_cond expects one_of, with choices among " + expected);
    }

    // The largest depth; 0 after a fault.
    std::int64_t need_depth() {
        const spaces::Domain* domain = find("depth");
        if (domain == nullptr)
            return 0;
        const auto* integer = std::get_if<spaces::Integer>(domain);
        if (integer != nullptr && integer->low >= 1)
            return integer->high;
        faults_.add("depth", "function mixed_cond expects an integer of at least 1");
        return 0;
    }

  private:
    const spaces::SearchSpace& space_;
    Faults& faults_;
};

}  // namespace

double mixed_cond(const Assignment& values) {
    const std::string& kind = text(values, "kind");
    const double branch = kind == "cnn" ? cnn(values) : kind == "mlp" ? mlp(values) : tree(values);
    return branch + cost(values, "opt", kOptimisers);
}

void check_mixed_cond(const spaces::SearchSpace& space, Faults& faults) {
    Checker checker(space, faults);
    checker.need_words("kind", kNetworks);
    checker.need_words("opt", kOptimisers);
    checker.need_words("act", kActivations);
    for (const char* name :
         {"width", "cnn_lr", "dropout", "units", "mlp_lr", "trees", "leaf", "eta"})
        checker.need_number(name);
    const std::int64_t depth = checker.need_depth();
    for (std::int64_t i = 0; i < depth; ++i)
        checker.need_words(fmt::format("op_{}", i), kOps);
}

}  // namespace parnas::evaluators
