// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "hw_models/measuring/runtime.h"

namespace parnas::hw_models {

// a = b + s c over arrays of doubles, each thread a part of them (McCalpin's STREAM, 1995).
class Triad final : public Runner {
  public:
    // `bytes`: of the three arrays together. They are gone through often enough that starting
    // threads does not count.
    Triad(std::size_t bytes, int threads);

    void run() override;
    // That a run moves, by STREAM's count: two reads and a write of each element.
    double bytes_moved() const;

  private:
    std::vector<double> a_;
    std::vector<double> b_;
    std::vector<double> c_;
    int threads_;
    std::size_t rounds_;
};

}  // namespace parnas::hw_models
