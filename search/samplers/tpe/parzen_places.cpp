// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/parzen_places.h"

namespace parnas::search {

ParzenPlaces::ParzenPlaces(const ParzenAxis& axis) : axis_(axis) {
    const bool interval = axis.kind() == ParzenAxis::Kind::interval;
    places_.resize(interval ? kPlaces : axis.size());
    last_ = static_cast<double>(places_.size() - 1);
    if (interval) {
        scale_ = static_cast<double>(kPlaces);
        offset_ = 0.5 * scale_;
    }
}

double ParzenPlaces::centre_of(std::size_t place) const {
    return axis_.kind() == ParzenAxis::Kind::interval ? (static_cast<double>(place) + 0.5) / scale_
                                                      : axis_.centre(place);
}

std::vector<ParzenPlaces::Occupied> ParzenPlaces::occupied(const ParzenShape& shape) const {
    std::vector<Occupied> result;
    for (std::size_t i = 0; i < places_.size(); ++i)
        if (places_[i].kernels > 0)
            result.push_back({.centre = centre_of(i), .place = places_[i]});
    for (std::size_t i = 1; i < result.size(); ++i) {
        const double gap = result[i].centre - result[i - 1].centre;
        result[i].left_gap = gap;
        result[i - 1].right_gap = gap;
    }
    if (!result.empty() && (shape.endpoints || kernels_ == 1)) {
        result.front().left_gap = result.front().centre;
        result.back().right_gap = 1.0 - result.back().centre;
    }
    return result;
}

}  // namespace parnas::search
