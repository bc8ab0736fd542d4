// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "core/rng.h"

namespace parnas::search {

enum class Restarts { ipop, bipop };

struct CmaRun {
    std::size_t population = 0;
    double sigma = 0.0;
};

// The runs of CMA-ES, each begun when the one before has converged. ipop: the population
// doubles each time (Auger and Hansen, CEC 2005). bipop: so it does in every run that is not one
// of the small ones, which get as many evaluations as the large ones, with a population between
// the first and half of the large one and with a smaller sigma (Hansen, GECCO 2009 workshop).
class RestartSchedule {
  public:
    RestartSchedule(Restarts kind, const CmaRun& first);

    // The run after one that took so many evaluations.
    CmaRun next(std::size_t evaluations, Rng& rng);

  private:
    Restarts kind_;
    CmaRun first_;
    std::size_t large_;       // the population of the last large run
    bool small_run_ = false;  // of the last run
    bool first_run_ = true;   // counts for neither
    std::size_t spent_large_ = 0;
    std::size_t spent_small_ = 0;
};

}  // namespace parnas::search
