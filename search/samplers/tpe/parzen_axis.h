// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "core/rng.h"
#include "core/trial.h"
#include "spaces/param.h"

namespace parnas::search {

// How Parzen estimators are made; the defaults are those of Optuna 5.
struct ParzenShape {
    double prior_weight = 1.0;  // of the flat kernel that each estimator has; > 0
    bool magic_clip = true;     // no bandwidth below 1 / min(100, kernels + 1); else 1 / 512
    bool endpoints = false;     // the ends of the range count as neighbours of the outer trials
};

// A parameter as kernels see it: laid out on [0, 1], on the log scale where the domain says so.
//
//   interval  reals, and numbers with more than kMostCells values, for which the difference
//             does not matter; a coordinate is the position minus 1/2
//   cells     other numbers and ordered choices; a coordinate is the index of the value
//   choices   unordered ones; a coordinate is the index
//
// On an interval a kernel is a normal density truncated to the range, on cells its integral
// over each of them.
//
// Its places are the values of a discrete axis, and of an interval kPlaces equal parts, each a
// fifth of the narrowest bandwidth wide.
class ParzenAxis {
  public:
    enum class Kind { interval, cells, choices };

    static constexpr std::size_t kMostCells = 512;
    static constexpr std::size_t kPlaces = 512;

    explicit ParzenAxis(const spaces::Domain& domain);

    Kind kind() const { return kind_; }
    double coordinate(const Value& value) const;
    Value value(double coordinate) const;

    // Of cells and choices.
    std::size_t size() const { return centres_.size(); }
    // Of cells: where the kernel of a trial with this value lies, and the ends of the cells,
    // one more than there are.
    double centre(std::size_t cell) const { return centres_[cell]; }
    std::span<const double> edges() const { return edges_; }

    std::size_t places() const { return kind_ == Kind::interval ? kPlaces : size(); }
    std::size_t place(double coordinate) const {
        return kind_ == Kind::interval
                   ? std::min(static_cast<std::size_t>((coordinate + 0.5) * kPlaces), kPlaces - 1)
                   : static_cast<std::size_t>(coordinate);
    }
    // Its middle, or where the kernel of its value lies; not of choices.
    double place_centre(std::size_t place) const {
        return kind_ == Kind::interval ? (static_cast<double>(place) + 0.5) / kPlaces
                                       : centre(place);
    }

    // A draw from a kernel around a position (not of choices), as a coordinate.
    double draw(double centre, double width, Rng& rng) const;
    double draw_any(Rng& rng) const;  // from the flat kernel

  private:
    spaces::Domain domain_;
    Kind kind_ = Kind::interval;
    bool rounds_ = false;          // an interval of which not every point is a value
    std::vector<double> centres_;  // in [0, 1]
    std::vector<double> edges_;
};

// The flat kernel of numbers: as wide as the range.
inline constexpr double kPriorCentre = 0.5;
inline constexpr double kPriorWidth = 1.0;

// The integral of a normal density from `low` to `high`, exact also far from its centre.
double normal_mass(double low, double high, double centre, double width);

// The same from 0 to 1, of a kernel whose centre lies there.
double mass_inside(double centre, double width);

// Of a trial's kernel for choices: what every choice has; the trial's own has 1 more, and all
// are divided by 1 + choices * floor.
double choice_floor(std::size_t kernels, const ParzenShape& shape);

// The narrowest bandwidth, as a share of the range.
double least_width(std::size_t kernels, const ParzenShape& shape);

}  // namespace parnas::search
