// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/rng.h"
#include "core/scalar.h"
#include "core/trial.h"

namespace parnas::spaces {

struct Categorical {
    std::vector<Scalar> choices;  // at least one, all different
    bool ordered = false;

    bool operator==(const Categorical&) const = default;
};
struct Integer {
    std::int64_t low = 0;
    std::int64_t high = 0;  // included; low + k step
    std::int64_t step = 1;
    bool log = false;  // then low >= 1 and step == 1

    bool operator==(const Integer&) const = default;
};
struct Real {
    double low = 0.0;
    double high = 0.0;           // included
    std::optional<double> step;  // not with log
    bool log = false;            // then low > 0

    bool operator==(const Real&) const = default;
};
// A closed set: visited, not subclassed.
using Domain = std::variant<Categorical, Integer, Real>;

using ParamIndex = std::size_t;

struct ChoiceSet {
    std::vector<std::int64_t> indices;  // of a categorical parent, ascending
};
struct Interval {
    double low = 0.0;
    double high = 0.0;  // both included; of an integer or real parent
};

// A parameter is active iff its parent is active and has one of these values.
struct Condition {
    ParamIndex parent = 0;  // comes before the parameter itself
    std::variant<ChoiceSet, Interval> active;
};

struct Param {
    std::string name;  // path of block names, at most 512 characters
    Domain domain;
    std::optional<Condition> condition;
};

// Low end or first choice: what an inactive parameter holds.
Value first_value(const Domain& domain);
bool contains(const Domain& domain, const Value& value);
// How many values; nullopt for a real without step.
std::optional<std::uint64_t> cardinality(const Domain& domain);
// The i-th value of a finite domain, i < cardinality.
Value value_at(const Domain& domain, std::uint64_t index);
// Uniform, on the log scale where the domain says so.
Value sample(const Domain& domain, Rng& rng);
// The value nearest to `value` that the domain has.
Value clamp(const Domain& domain, double value);

// What the user sees ("relu", 5, 0.01), and back. from_scalar throws Error(invalid_input)
// for what the domain does not have; an integer stands for a real.
Scalar to_scalar(const Domain& domain, const Value& value);
Value from_scalar(const Domain& domain, const Scalar& scalar);

// Whether an active parent's value wakes the parameter.
bool holds(const Condition& condition, const Value& parent);
// One flag per parameter.
std::vector<bool> active(std::span<const Param> params, const Genotype& genotype);
// Inactive parameters set to their first value: the one form of a genotype.
Genotype normalised(std::span<const Param> params, Genotype genotype);
// Every parameter drawn on its own, then normalised.
Genotype sample(std::span<const Param> params, Rng& rng);
// Throws Error(invalid_input): wrong number of values, or a value outside its domain.
void validate(std::span<const Param> params, const Genotype& genotype);
// The number of different normalised genotypes, as a double (darts has about 1e18); infinity with
// a real parameter. Exact when conditions form trees, which is all a document can say.
double cardinality(std::span<const Param> params);

// Active parameters by name, and back; a missing active or unknown name, or a value that
// the domain lacks, throws Error(invalid_input) with all faults.
Assignment to_assignment(std::span<const Param> params, const Genotype& genotype);
Genotype from_assignment(std::span<const Param> params, const Assignment& values);

// The digest of the normalised values, for sets of genotypes.
Digest hash(const Genotype& genotype);

}  // namespace parnas::spaces
