// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/sampler.h"

namespace parnas::search {

struct QmcOptions {
    enum class Sequence { sobol, halton };

    Sequence sequence = Sequence::sobol;
    bool scramble = true;  // by the study's seed; without, every study has the same points
};

// Throws nothing; faults go to the reader. Keys: sequence (sobol, halton), scramble.
QmcOptions read_qmc(ObjectReader& options);

// Quasi-random search: the points of a low-discrepancy sequence, one dimension for each
// parameter, active or not. In a space of at most 10^6 points, once the sequence has given
// four times as many, those that it left out come in order. Throws Error(invalid_input)
// for more parameters than the sequence has dimensions.
std::unique_ptr<Sampler> make_qmc_sampler(const QmcOptions& options, const SamplerSetup& setup);

}  // namespace parnas::search
