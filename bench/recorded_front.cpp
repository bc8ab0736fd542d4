// SPDX-License-Identifier: Apache-2.0
#include "bench/recorded_front.h"

#include <algorithm>

#include "bench/search_once.h"

namespace parnas::bench {
namespace {

constexpr double kWorstError = 80.0;
constexpr double kReference = 1.1;

}  // namespace

RecordedFront::RecordedFront(const search::PreparedStudy& study) {
    search::ParetoArchive archive;
    TrialNumber number = 0;
    for (const Metrics& metrics : every_result(study)) {
        const search::Point point{metrics.at("error"), metrics.at("latency_ms")};
        if (point[0] < kWorstError)
            archive.insert(number, point);
        ++number;
    }
    points_ = archive.points();
    low_ = points_.at(0);
    high_ = points_.at(0);
    for (const search::Point& point : points_)
        for (std::size_t i = 0; i < point.size(); ++i) {
            low_[i] = std::min(low_[i], point[i]);
            high_[i] = std::max(high_[i], point[i]);
        }
}

double RecordedFront::ratio(std::vector<search::Point> points) const {
    std::erase_if(points, [](const search::Point& point) { return point[0] >= kWorstError; });
    return hypervolume(std::move(points)) / hypervolume(points_);
}

double RecordedFront::hypervolume(std::vector<search::Point> points) const {
    for (search::Point& point : points)
        for (std::size_t i = 0; i < point.size(); ++i)
            point[i] = (point[i] - low_[i]) / (high_[i] - low_[i]);
    return search::hypervolume(points, search::Point(low_.size(), kReference));
}

}  // namespace parnas::bench
