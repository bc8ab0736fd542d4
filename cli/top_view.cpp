// SPDX-License-Identifier: Apache-2.0
#include "cli/top_view.h"

namespace parnas::cli {
namespace {

constexpr Seconds kWindow{10.0};

template <typename Number>
Scalar or_nothing(const std::optional<Number>& value) {
    return value ? Scalar(*value) : Scalar();
}

}  // namespace

std::optional<double> Rates::look(const std::string& name, std::int64_t count, Seconds now) {
    std::deque<Look>& looks = looks_[name];
    if (!looks.empty() && count < looks.back().count)
        looks.clear();
    looks.push_back({count, now});
    // The second oldest is old enough.
    while (looks.size() > 2 && now - looks[1].time >= kWindow)
        looks.pop_front();
    const Seconds span = now - looks.front().time;
    if (span <= Seconds(0.0))
        return std::nullopt;
    return static_cast<double>(count - looks.front().count) / span.count();
}

Table top_table(const std::vector<TopStudy>& studies) {
    Table table{.columns = {{"study", "study"},
                            {"state", "state"},
                            {"done", "trials"},
                            {"total", "of"},
                            {"metric", "objective"},
                            {"best", "best"},
                            {"trials_per_second", "trials/s"},
                            {"workers", "workers"}},
                .rows = {}};
    for (const TopStudy& study : studies)
        table.rows.push_back({study.name,
                              study.state,
                              study.done,
                              or_nothing(study.total),
                              text_or_nothing(study.metric),
                              or_nothing(study.best),
                              or_nothing(study.rate),
                              study.workers});
    return table;
}

}  // namespace parnas::cli
