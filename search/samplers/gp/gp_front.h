// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "search/samplers/gp/gp.h"

namespace parnas::search {

// Bayesian optimisation of several objectives: a Gaussian process for each (search/gp/), and each
// proposal has the greatest expected hypervolume improvement (Daulton, Balandat and Bakshy,
// NeurIPS 2020), times the probability to meet the limits where trials broke some and not to fail
// where trials did; until one is within the limits, that alone. Objectives and limits of what is
// counted or predicted are known exactly. Pending trials are drawn from the processes 16 times,
// and so are the measurements themselves if they are noisy (Daulton et al., NeurIPS 2021).
//
// Gains count in the box around the front that is wider by a tenth of all values seen. A corner
// of the space where one objective may get a little better promises too much otherwise: that
// little times the whole depth of the others.
//
// Nothing is proposed twice. One ask is O(n^3) after n trials.
std::unique_ptr<Sampler> make_gp_front_sampler(const GpOptions& options, const SamplerSetup& setup);

}  // namespace parnas::search
