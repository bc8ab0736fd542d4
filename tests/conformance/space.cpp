// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/space.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/network_json.h"
#include "spaces/shapes.h"
#include "spaces/simplify.h"
#include "tests/support/catch.h"

namespace parnas::tests {
namespace {

using spaces::Network;
using spaces::Param;
using spaces::SearchSpace;

// What a genotype means, up to isomorphism.
struct Meaning {
    std::optional<Digest> network;
    Assignment values;

    bool operator==(const Meaning&) const = default;
};

Meaning meaning(const SearchSpace& space, const Genotype& genotype) {
    const spaces::Decoded decoded = space.decode(genotype);
    Meaning result{.values = decoded.values};
    if (decoded.network)
        result.network = canonical_hash(*decoded.network);
    return result;
}

std::vector<Genotype> feasible_genotypes(const SearchSpace& space, int samples) {
    std::vector<Genotype> genotypes;
    Rng rng(1);
    for (int i = 0; i < samples; ++i)
        genotypes.push_back(sample_feasible(space, rng));
    return genotypes;
}

void check_condition(std::span<const Param> params, std::size_t index) {
    const spaces::Condition& condition = *params[index].condition;
    REQUIRE(condition.parent < index);
    const spaces::Domain& parent = params[condition.parent].domain;
    if (const auto* set = std::get_if<spaces::ChoiceSet>(&condition.active)) {
        REQUIRE(std::holds_alternative<spaces::Categorical>(parent));
        REQUIRE_FALSE(set->indices.empty());
        CHECK(std::ranges::is_sorted(set->indices));
        for (const std::int64_t choice : set->indices)
            CHECK(spaces::contains(parent, choice));
    } else {
        const auto& interval = std::get<spaces::Interval>(condition.active);
        CHECK_FALSE(std::holds_alternative<spaces::Categorical>(parent));
        CHECK(interval.low <= interval.high);
    }
}

void check_params(const SearchSpace& space) {
    std::set<std::string> names;
    const std::span<const Param> params = space.params();
    for (std::size_t i = 0; i < params.size(); ++i) {
        INFO(params[i].name);
        CHECK_FALSE(params[i].name.empty());
        CHECK(params[i].name.size() <= 512);
        CHECK(names.insert(params[i].name).second);
        CHECK(spaces::contains(params[i].domain, spaces::first_value(params[i].domain)));
        if (params[i].condition)
            check_condition(params, i);
    }
    const std::string_view name = space.name();
    CHECK(name.find('@') != std::string_view::npos);
}

void check_network(const Network& network) {
    REQUIRE_NOTHROW(spaces::infer_shapes(network));
    const spaces::Count count = spaces::count(network);
    REQUIRE(count.parameters >= 0);
    REQUIRE(count.multiply_adds >= 0);
    REQUIRE(count.peak_activation_bytes > 0);

    const Digest digest = canonical_hash(network);
    const Network read = spaces::network_from_json(spaces::to_json(network));
    REQUIRE(read == network);
    const Network simple = spaces::simplify(network);
    REQUIRE(canonical_hash(simple) == digest);
    REQUIRE(spaces::simplify(simple) == simple);
}

// Inactive parameters hold something else than their first value.
Genotype unnormalised(const SearchSpace& space, Genotype genotype, Rng& rng) {
    const std::vector<bool> active = spaces::active(space.params(), genotype);
    for (std::size_t i = 0; i < active.size(); ++i)
        if (!active[i])
            genotype.values[i] = spaces::sample(space.params()[i].domain, rng);
    return genotype;
}

void check_genotypes(const SearchSpace& space, const std::vector<Genotype>& genotypes) {
    Rng rng(2);
    for (const Genotype& genotype : genotypes) {
        REQUIRE_NOTHROW(spaces::validate(space.params(), genotype));
        REQUIRE(spaces::normalised(space.params(), genotype) == genotype);
        REQUIRE(spaces::from_assignment(
                    space.params(), spaces::to_assignment(space.params(), genotype)) == genotype);
        const spaces::Decoded decoded = space.decode(genotype);
        if (decoded.network)
            check_network(*decoded.network);

        const Genotype other = unnormalised(space, genotype, rng);
        REQUIRE(spaces::normalised(space.params(), other) == genotype);
        REQUIRE(space.feasible(other));
        REQUIRE(meaning(space, other) == meaning(space, genotype));
    }
}

bool is_refused(const SearchSpace& space, const Genotype& genotype) {
    try {
        space.decode(genotype);
    } catch (const Error& error) {
        return error.kind() == ErrorKind::invalid_input;
    }
    return false;
}

// Values that a domain does not have.
std::vector<Value> foreign_values(const spaces::Domain& domain) {
    if (const auto* categorical = std::get_if<spaces::Categorical>(&domain))
        return {std::int64_t{-1}, static_cast<std::int64_t>(categorical->choices.size()), 0.0};
    if (const auto* integer = std::get_if<spaces::Integer>(&domain))
        return {integer->low - 1, integer->high + 1, static_cast<double>(integer->low)};
    const auto& real = std::get<spaces::Real>(domain);
    return {real.high + 1.0,
            std::numeric_limits<double>::quiet_NaN(),
            -std::numeric_limits<double>::infinity(),
            std::int64_t{1}};
}

void check_invalid_genotypes(const SearchSpace& space, const Genotype& genotype) {
    Genotype longer = genotype;
    longer.values.emplace_back(std::int64_t{0});
    CHECK(is_refused(space, longer));
    for (std::size_t i = 0; i < genotype.values.size(); ++i) {
        INFO(space.params()[i].name);
        Genotype shorter = genotype;
        shorter.values.erase(shorter.values.begin() + static_cast<std::ptrdiff_t>(i));
        CHECK(is_refused(space, shorter));
        for (const Value& value : foreign_values(space.params()[i].domain)) {
            Genotype bad = genotype;
            bad.values[i] = value;
            CHECK(is_refused(space, bad));
        }
    }
}

// Decoding succeeds iff a genotype is feasible.
void check_feasible(const SearchSpace& space, const Genotype& genotype) {
    const bool feasible = space.feasible(genotype);
    REQUIRE(space.feasible(genotype) == feasible);
    REQUIRE(is_refused(space, genotype) == !feasible);
}

// All normalised genotypes of a finite space, by counting up.
class Enumeration {
  public:
    explicit Enumeration(std::span<const Param> params) : params_(params) {
        Genotype first;
        for (const Param& param : params)
            first.values.push_back(spaces::first_value(param.domain));
        visit(std::move(first), 0);
    }
    const std::vector<Genotype>& genotypes() const { return genotypes_; }

  private:
    void visit(Genotype genotype, std::size_t index) {
        if (index == params_.size()) {
            genotypes_.push_back(std::move(genotype));
            return;
        }
        // Whether a parameter is active depends on earlier ones alone.
        const bool active = spaces::active(params_, genotype)[index];
        const auto values = active ? spaces::cardinality(params_[index].domain).value() : 1;
        for (std::uint64_t i = 0; i < values; ++i) {
            genotype.values[index] = spaces::value_at(params_[index].domain, i);
            visit(genotype, index + 1);
        }
    }

    std::span<const Param> params_;
    std::vector<Genotype> genotypes_;
};

void check_enumeration(const SearchSpace& space, const std::vector<Genotype>& sampled) {
    constexpr double kEnumerable = 1e5;
    if (spaces::cardinality(space.params()) >= kEnumerable)
        return;
    const Enumeration all(space.params());
    REQUIRE(static_cast<double>(all.genotypes().size()) == spaces::cardinality(space.params()));
    std::set<std::vector<Value>> feasible;
    for (const Genotype& genotype : all.genotypes()) {
        REQUIRE(spaces::normalised(space.params(), genotype) == genotype);
        if (space.feasible(genotype))
            REQUIRE(feasible.insert(genotype.values).second);
    }
    for (const Genotype& genotype : sampled)
        REQUIRE(feasible.contains(genotype.values));
    const std::size_t stride = all.genotypes().size() / sampled.size() + 1;
    for (std::size_t i = 0; i < all.genotypes().size(); i += stride)
        check_feasible(space, all.genotypes()[i]);
}

std::string describe(const Param& param) {
    std::string text = param.name;
    if (!param.condition)
        return text;
    text += " if " + std::to_string(param.condition->parent) + " in";
    if (const auto* set = std::get_if<spaces::ChoiceSet>(&param.condition->active))
        for (const std::int64_t choice : set->indices)
            text += ' ' + std::to_string(choice);
    else if (const auto* interval = std::get_if<spaces::Interval>(&param.condition->active))
        text += ' ' + std::to_string(interval->low) + " to " + std::to_string(interval->high);
    return text;
}

void check_document(const SearchSpace& space,
                    const ReloadSpace& reload,
                    const std::vector<Genotype>& genotypes) {
    CHECK_NOTHROW(parse_json(space.document(), "document"));
    const auto again = reload(space.document());
    CHECK(again->name() == space.name());
    CHECK(again->document() == space.document());
    REQUIRE(again->params().size() == space.params().size());
    for (std::size_t i = 0; i < space.params().size(); ++i) {
        CHECK(describe(again->params()[i]) == describe(space.params()[i]));
        CHECK(again->params()[i].domain == space.params()[i].domain);
    }
    for (const Genotype& genotype : genotypes)
        REQUIRE(meaning(*again, genotype) == meaning(space, genotype));
}

void check_two_threads_decode_the_same(const SearchSpace& space,
                                       const std::vector<Genotype>& genotypes) {
    const auto meanings = [&] {
        std::vector<Meaning> result;
        for (const Genotype& genotype : genotypes)
            result.push_back(meaning(space, genotype));
        return result;
    };
    std::vector<Meaning> there;
    std::jthread other([&] { there = meanings(); });
    const std::vector<Meaning> here = meanings();
    other.join();
    CHECK(here == there);
}

}  // namespace

void check_space(const SearchSpace& space, const ReloadSpace& reload, int samples) {
    INFO(space.name());
    check_params(space);
    const std::vector<Genotype> genotypes = feasible_genotypes(space, samples);
    check_genotypes(space, genotypes);
    check_invalid_genotypes(space, genotypes.front());
    Rng rng(3);
    for (int i = 0; i < samples; ++i)
        check_feasible(space, spaces::sample(space.params(), rng));
    check_enumeration(space, genotypes);
    check_document(space, reload, genotypes);
    check_two_threads_decode_the_same(space, genotypes);
}

}  // namespace parnas::tests
