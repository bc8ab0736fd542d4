// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "search/samplers/tpe/parzen_axis.h"

namespace parnas::search {

// The trials of an axis by their places. Bandwidths are gaps between places, so that they cost
// the same however many trials there are.
//
// Refers to the axis.
class ParzenPlaces {
  public:
    explicit ParzenPlaces(const ParzenAxis& axis)
        : axis_(axis),
          counts_(axis.places()),
          weights_(Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(axis.places()))) {}

    // A kernel for each trial.
    void add(std::size_t place, double weight) {
        ++counts_[place];
        weights_[static_cast<Eigen::Index>(place)] += weight;
        ++kernels_;
    }

    std::size_t kernels() const { return kernels_; }
    std::size_t kernels(std::size_t place) const { return counts_[place]; }
    // By place, of all its kernels.
    const Eigen::ArrayXd& weights() const { return weights_; }

    // A kernel that is wider than the least bandwidth.
    struct Wide {
        std::size_t place = 0;
        bool oldest = false;  // of its place, or else the newest
        double width = 0.0;
    };
    // Visits them by ascending place. Gaps are those to the next places with kernels; 0 at the
    // ends, unless `endpoints` says that they count as such. A single kernel on the axis has the
    // ends for neighbours in any case. Of a place's kernels the oldest has the gap to the left
    // and the newest that to the right; one alone has the larger. Not of choices.
    template <typename Visit>  // (const Wide&)
    void for_each_wide(const ParzenShape& shape, double least, const Visit& visit) const {
        const auto visit_place = [&](std::size_t place, double left_gap, double right_gap) {
            if (std::max(left_gap, right_gap) <= least)
                return;
            if (counts_[place] == 1) {
                visit(Wide{place, true, std::max(left_gap, right_gap)});
                return;
            }
            if (left_gap > least)
                visit(Wide{place, true, left_gap});
            if (right_gap > least)
                visit(Wide{place, false, right_gap});
        };
        const bool ends = shape.endpoints || kernels_ == 1;
        std::optional<std::size_t> last;  // not visited, since its right gap is not known
        double centre = 0.0;
        double left_gap = 0.0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            if (counts_[i] == 0)
                continue;
            const double next = axis_.place_centre(i);
            const double gap = next - centre;
            if (last)
                visit_place(*last, left_gap, gap);
            left_gap = last || ends ? gap : 0.0;
            last = i;
            centre = next;
        }
        if (last)
            visit_place(*last, left_gap, ends ? 1.0 - centre : 0.0);
    }

  private:
    const ParzenAxis& axis_;
    std::vector<std::uint32_t> counts_;
    Eigen::ArrayXd weights_;
    std::size_t kernels_ = 0;
};

}  // namespace parnas::search
