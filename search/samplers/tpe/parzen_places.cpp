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

}  // namespace parnas::search
