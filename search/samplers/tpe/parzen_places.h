// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "search/samplers/tpe/parzen_axis.h"

namespace parnas::search {

// The trials of an axis by their places: values of a discrete axis, and of an interval the
// middles of kPlaces equal parts of it, each a fifth of the narrowest bandwidth wide. Bandwidths
// are gaps between places, so that they cost the same however many trials there are.
class ParzenPlaces {
  public:
    static constexpr std::size_t kPlaces = 512;

    struct Place {
        double weight = 0.0;  // of all its kernels
        std::size_t kernels = 0;
        std::size_t first = 0;  // the oldest and the newest of them
        std::size_t last = 0;
    };

    explicit ParzenPlaces(const ParzenAxis& axis);

    // A kernel for each trial, oldest first; `trial` is the caller's name for it.
    void add(double coordinate, std::size_t trial, double weight) {
        Place& place = places_[place_of(coordinate)];
        if (place.kernels++ == 0)
            place.first = trial;
        place.last = trial;
        place.weight += weight;
        ++kernels_;
    }

    std::size_t kernels() const { return kernels_; }
    std::span<const Place> all() const { return places_; }

    // A place with kernels. The gaps are those to the next ones with kernels; 0 at the ends,
    // unless `endpoints` says that they count as such. A single kernel has the ends for
    // neighbours in any case. Not of choices.
    struct Occupied {
        std::size_t index = 0;
        double centre = 0.0;
        const Place& place;
        double left_gap = 0.0;
        double right_gap = 0.0;
    };
    template <typename Visit>  // (const Occupied&), by ascending centre
    void for_each_occupied(const ParzenShape& shape, const Visit& visit) const {
        const bool ends = shape.endpoints || kernels_ == 1;
        std::optional<std::size_t> last;  // not visited, since its right gap is not known
        double centre = 0.0;
        double left_gap = 0.0;
        for (std::size_t i = 0; i < places_.size(); ++i) {
            if (places_[i].kernels == 0)
                continue;
            const double next = centre_of(i);
            const double gap = next - centre;
            if (last)
                visit(Occupied{*last, centre, places_[*last], left_gap, gap});
            left_gap = last || ends ? gap : 0.0;
            last = i;
            centre = next;
        }
        if (last)
            visit(Occupied{*last, centre, places_[*last], left_gap, ends ? 1.0 - centre : 0.0});
    }

  private:
    std::size_t place_of(double coordinate) const {
        const double place = coordinate * scale_ + offset_;
        return place < last_ ? static_cast<std::size_t>(place) : static_cast<std::size_t>(last_);
    }
    double centre_of(std::size_t place) const {
        return axis_.kind() == ParzenAxis::Kind::interval
                   ? (static_cast<double>(place) + 0.5) / kPlaces
                   : axis_.centre(place);
    }

    const ParzenAxis& axis_;
    double scale_ = 1.0;
    double offset_ = 0.0;
    double last_ = 0.0;
    std::vector<Place> places_;
    std::size_t kernels_ = 0;
};

}  // namespace parnas::search
