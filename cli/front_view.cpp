// SPDX-License-Identifier: Apache-2.0
#include "cli/front_view.h"

#include <algorithm>

#include "cli/text/numbers.h"
#include "cli/trial_view.h"

namespace parnas::cli {
namespace {

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        widest = std::max(widest, end - from);
        from = end + 1;
    }
    return widest;
}

void add_metric(const FrontView& front, const std::string& metric, Table& table) {
    table.columns.push_back({metric, metric_label(metric)});
    for (std::size_t i = 0; i < front.members.size(); ++i) {
        const auto value = metric_of(front.study, front.members[i], metric);
        table.rows[i].push_back(value ? Scalar(*value) : Scalar());
    }
}

// What people look for beside the objectives comes first: a narrow terminal shows no more.
std::vector<std::string> by_interest(std::vector<std::string> metrics, std::size_t objectives) {
    const std::vector<std::string> first{"test_accuracy", "parameters", "multiply_adds"};
    const auto place = [&first](const std::string& metric) {
        return std::ranges::find(first, metric) - first.begin();
    };
    std::stable_sort(metrics.begin() + static_cast<std::ptrdiff_t>(objectives),
                     metrics.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
    return metrics;
}

void remove_last_column(Table& table) {
    table.columns.pop_back();
    for (auto& row : table.rows)
        row.pop_back();
}

// The first objective, what is wanted, upwards; the second, what it costs, to the right.
PlotPoint point_of(const store::TrialRecord& trial) {
    return {trial.values[1], trial.values[0]};
}

}  // namespace

FrontView view_front(const store::StudySpec& study,
                     const std::vector<TrialNumber>& numbers,
                     std::vector<store::TrialRecord> trials) {
    FrontView front{.study = study, .members = {}, .others = {}};
    for (store::TrialRecord& trial : trials) {
        if (std::ranges::find(numbers, trial.number) != numbers.end())
            front.members.push_back(std::move(trial));
        else if (trial.state == TrialState::complete)
            front.others.push_back(std::move(trial));
    }
    const double sign =
        !study.directions.empty() && study.directions.front() == Direction::maximize ? -1.0 : 1.0;
    std::ranges::stable_sort(front.members, {}, [&](const store::TrialRecord& trial) {
        return trial.values.empty() ? 0.0 : sign * trial.values.front();
    });
    return front;
}

Table front_table(const FrontView& front, std::size_t columns) {
    Table table{.columns = {{"mark", "#"}, {"number", "trial"}}, .rows = {}};
    for (std::size_t i = 0; i < front.members.size(); ++i)
        table.rows.push_back({static_cast<std::int64_t>(i + 1), front.members[i].number});
    const std::vector<std::string> metrics = by_interest(
        metric_names(front.study, front.members, Detail::comparable), front.study.metrics.size());
    for (std::size_t i = 0; i < metrics.size(); ++i) {
        add_metric(front, metrics[i], table);
        if (i >= front.study.metrics.size() && widest_line(to_text(table)) > columns)
            remove_last_column(table);
    }
    return table;
}

std::string front_plot(const FrontView& front, const Console& console) {
    if (front.study.metrics.size() < 2 || front.members.empty())
        return {};
    Scatter scatter{.x_label = metric_label(front.study.metrics[1]),
                    .y_label = metric_label(front.study.metrics[0]),
                    .points = {},
                    .marked = {}};
    for (const store::TrialRecord& trial : front.others)
        if (trial.values.size() >= 2)
            scatter.points.push_back(point_of(trial));
    for (const store::TrialRecord& trial : front.members)
        if (trial.values.size() >= 2)
            scatter.marked.push_back(point_of(trial));
    return draw(scatter, {.columns = std::min<std::size_t>(console.columns, 100)}, console.glyphs);
}

}  // namespace parnas::cli
