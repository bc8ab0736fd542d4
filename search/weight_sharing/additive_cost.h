// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/trial.h"
#include "search/weight_sharing/architecture.h"
#include "search/weight_sharing/open_choices.h"

namespace parnas::search {

// A metric of a network as a sum over what was chosen; of the metric itself or of its logarithm.
struct AdditiveCost {
    std::string metric;
    bool logarithmic = false;
    double constant = 0.0;
    std::vector<std::vector<double>> options;  // per parameter; empty: it is no open choice
    double r2 = 0.0;  // share of variance explained in samples that were left out of the fit
};

struct CostSample {
    Genotype genotype;
    double value = 0.0;
};

// Least squares with a small ridge over the options of active choices, of the metric or
// of its logarithm, whichever explains more. Nullopt without two different samples.
std::optional<AdditiveCost> fit_additive_cost(std::string metric,
                                              const spaces::SearchSpace& space,
                                              const OpenChoices& open,
                                              std::span<const CostSample> samples);

double predict(const AdditiveCost& cost,
               std::span<const spaces::Param> params,
               const Genotype& genotype);

Json to_json(const AdditiveCost& cost);
// Throws Error(damaged).
AdditiveCost additive_cost_from_json(const Json& json);

// The same for a supernet, where each option is there with its weight:
//
//     constant + sum over terms of  share * product over factors of w[strength][entry]
//                                         * sum over entries e of w[strength][e] coefficient[e]
//
// Factors are the entries that a choice hangs on: the edge it lies on, if edges have weights, and
// the options it lies in.
struct ExpectedCost {
    struct Factor {
        std::size_t strength = 0;
        std::vector<std::size_t> entries;  // the sum of their weights
    };
    struct Term {
        std::size_t strength = 0;
        std::vector<double> coefficients;  // one per entry
        double share = 1.0;
        std::vector<Factor> factors;
    };
    bool logarithmic = false;
    double constant = 0.0;
    std::vector<Term> terms;
};

// For a supernet with these strengths. Where edges have no weights, each edge that a node may take
// is there with the same chance.
ExpectedCost expected_cost(const AdditiveCost& cost,
                           std::span<const spaces::Param> params,
                           const OpenChoices& open,
                           const Architecture& architecture,
                           EdgeWeights edges);

// Of weights by strength and entry: the sum above.
double sum_of(const ExpectedCost& cost, const std::vector<std::vector<double>>& weights);
// The metric's value: the sum, or its exponential.
double value_of(const ExpectedCost& cost, double sum);

}  // namespace parnas::search
