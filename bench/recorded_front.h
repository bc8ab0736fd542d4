// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "search/pareto.h"
#include "search/run_study.h"

namespace parnas::bench {

// The exact front of error and latency over all networks of a recorded space. Networks that
// learned nothing, with an error of 80 % or more, are not on it.
class RecordedFront {
  public:
    // The study's evaluator gives `error` (%) and `latency_ms`.
    explicit RecordedFront(const search::PreparedStudy& study);

    std::size_t size() const { return points_.size(); }
    // The hypervolume of points (error, latency) as a share of the front's: both axes scaled by
    // the front's ends, reference (1.1, 1.1).
    double ratio(std::vector<search::Point> points) const;

  private:
    double hypervolume(std::vector<search::Point> points) const;

    std::vector<search::Point> points_;
    search::Point low_;
    search::Point high_;
};

}  // namespace parnas::bench
