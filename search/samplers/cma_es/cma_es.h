// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/samplers/cma_es/cma_search.h"

namespace parnas::search {

// Throws nothing; faults go to the reader. Keys: population (4..100000), sigma (0.001..1),
// covariance (full, diagonal), restarts (ipop, bipop).
CmaEsOptions read_cma_es(ObjectReader& options);

// CMA-ES with active updates (Hansen, arXiv 1604.00772), margins for discrete coordinates
// (Hamano et al., GECCO 2022), a distribution for each unordered categorical (CatCMA) and
// restarts. Conditional parameters are always drawn; while inactive they drift. A generation
// ends when as many trials as it has places were told, whoever proposed them (cma_search.h);
// failures rank last, and with several objectives ranks are those of NSGA-II.
//
// Nothing is proposed twice. One ask with d coordinates is O(d^2), the first of a generation
// O(d^3).
std::unique_ptr<Sampler> make_cma_es_sampler(const CmaEsOptions& options,
                                             const SamplerSetup& setup);

}  // namespace parnas::search
