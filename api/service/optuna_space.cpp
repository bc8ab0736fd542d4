// SPDX-License-Identifier: Apache-2.0
#include "api/service/optuna_space.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/python_json.h"
#include "spaces/distribution.h"

namespace parnas::service {
namespace {

class OptunaSpace final : public spaces::SearchSpace {
  public:
    explicit OptunaSpace(std::vector<spaces::Param> params) : params_(std::move(params)) {}

    std::string_view name() const override { return "optuna@1"; }
    std::string_view document() const override { return "{}"; }
    std::span<const spaces::Param> params() const override { return params_; }
    spaces::Decoded decode(const Genotype& genotype) const override {
        return {.network = nullptr, .values = spaces::to_assignment(params_, genotype)};
    }

  private:
    std::vector<spaces::Param> params_;
};

// The number of choices of a categorical distribution.
std::optional<std::int64_t> choices_of(const std::string& distribution) {
    const Json json = parse_json(quote_python_numbers(distribution), "distribution");
    if (!json.is_object() || json.value("name", Json()) != "CategoricalDistribution")
        return std::nullopt;
    const Json attributes = json.value("attributes", Json::object());
    const Json choices = attributes.is_object() ? attributes.value("choices", Json()) : Json();
    if (!choices.is_array() || choices.empty())
        throw Error(ErrorKind::invalid_input, "a categorical distribution needs choices");
    return static_cast<std::int64_t>(choices.size());
}

spaces::Domain domain_of(const std::string& distribution) {
    const auto count = choices_of(distribution);
    if (!count)
        return spaces::domain_from_distribution(distribution);
    spaces::Categorical indices;
    for (std::int64_t i = 0; i < *count; ++i)
        indices.choices.emplace_back(i);
    return indices;
}

}  // namespace

std::unique_ptr<spaces::SearchSpace> make_optuna_space(std::span<const store::ParamRecord> params) {
    std::vector<spaces::Param> made;
    for (const store::ParamRecord& param : params)
        made.push_back({.name = param.name, .domain = domain_of(param.distribution)});
    return std::make_unique<OptunaSpace>(std::move(made));
}

std::optional<Genotype> genotype_of(const spaces::SearchSpace& space,
                                    std::span<const store::ParamRecord> values) {
    Genotype genotype;
    for (const spaces::Param& param : space.params()) {
        const auto found = std::ranges::find(values, param.name, &store::ParamRecord::name);
        if (found == values.end())
            return std::nullopt;
        try {
            genotype.values.push_back(spaces::from_internal(param.domain, found->internal));
        } catch (const Error&) {
            return std::nullopt;
        }
    }
    return genotype;
}

bool is_single(const std::string& distribution) {
    const spaces::Domain domain = domain_of(distribution);
    if (const auto* const real = std::get_if<spaces::Real>(&domain))
        return real->low == real->high || (real->step && real->high - real->low < *real->step);
    return spaces::cardinality(domain) == std::uint64_t{1};
}

}  // namespace parnas::service
