// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/rng.h"
#include "core/trial.h"
#include "spaces/param.h"

namespace parnas::search {

// How new genotypes are made from old ones. Results are normalised; a parameter
// that becomes active is drawn at random, since no parent says anything about it.

// A different value of the domain: any other choice of a categorical; for numbers a step
// by polynomial mutation with index 20 (Deb and Goyal, 1996), on the log scale where the
// domain says so. nullopt if the domain has one value only.
std::optional<Value> different_value(const spaces::Domain& domain, const Value& value, Rng& rng);

// A sampler draws this often for a child that is feasible and new, before chance decides.
inline constexpr int kTries = 64;

struct Mutant {
    Genotype genotype;
    std::vector<spaces::ParamIndex> changed;  // ascending
};

// How the parameter to change is drawn: among all, or first a block, which is what its
// parameters' names have before the last dot (the whole name without one), then one of it. For a
// cell the second means a node and then one of its edges, as in NATS-Bench.
enum class Pick { parameter, block };

// One active parameter, drawn among those with several values, gets a different value.
// Nothing changes if there is none.
Mutant mutate_one(std::span<const spaces::Param> params,
                  const Genotype& parent,
                  Pick pick,
                  Rng& rng);

// Each active parameter changes with probability 1 / (number of active ones).
Mutant mutate_each(std::span<const spaces::Param> params, const Genotype& parent, Rng& rng);

// One parameter set to another value.
struct Edit {
    spaces::ParamIndex param = 0;
    Value value;
};

// The neighbours of a genotype: for each active categorical every other choice; for each
// active number steps up and down by 1/4, 1/16, 1/64 and 1/256 of its range, on the log
// scale where the domain says so, and to the next value if it has one.
std::vector<Edit> neighbours(std::span<const spaces::Param> params, const Genotype& genotype);

Genotype edited(std::span<const spaces::Param> params,
                const Genotype& genotype,
                const Edit& edit,
                Rng& rng);

// Each parameter from either parent, with even chances; from the one where it is active if
// it is not in both.
Genotype cross(std::span<const spaces::Param> params,
               const Genotype& a,
               const Genotype& b,
               Rng& rng);

}  // namespace parnas::search
