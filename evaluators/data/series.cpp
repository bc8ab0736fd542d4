// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/data/csv_text.h"
#include "evaluators/data/file.h"
#include "evaluators/data/readers.h"
#include "evaluators/tabular/table.h"

namespace parnas::evaluators {
namespace {

// A column whose first cell is no number is a date or a name.
bool is_number_column(const Table& table, std::size_t column) {
    return to_number<double>(table.cells(column).front()).has_value();
}

std::vector<std::int64_t> find_targets(const std::vector<std::string>& columns,
                                       const SeriesOptions& options) {
    std::vector<std::int64_t> targets;
    if (options.targets.empty())
        for (std::size_t i = 0; i < columns.size(); ++i)
            targets.push_back(static_cast<std::int64_t>(i));
    for (const std::string& name : options.targets) {
        const auto found = std::ranges::find(columns, name);
        if (found == columns.end())
            refuse_file(options.path, fmt::format("no column of numbers is named '{}'", name));
        targets.push_back(found - columns.begin());
    }
    return targets;
}

}  // namespace

Series read_series(const SeriesOptions& options) {
    const Table table({{.path = options.path, .on = {}}});
    const std::size_t steps = options.limit
                                  ? std::min(table.rows(), static_cast<std::size_t>(*options.limit))
                                  : table.rows();
    Series series{.window = options.window,
                  .horizon = options.horizon,
                  .stride = options.stride,
                  .digest = table.digest()};
    std::vector<std::vector<double>> columns;
    for (std::size_t i = 0; i < table.names().size(); ++i) {
        if (!is_number_column(table, i))
            continue;
        series.columns.push_back(table.name(i));
        columns.push_back(table.numbers(i));
        for (std::size_t row = 0; row < steps; ++row)
            if (!std::isfinite(columns.back()[row]))
                throw Error(ErrorKind::invalid_input,
                            fmt::format("expected a finite number, found {}", columns.back()[row]),
                            table.where(row, i));
    }
    if (columns.empty())
        refuse_file(options.path, "there is no column of numbers");
    series.targets = find_targets(series.columns, options);
    series.values.reserve(steps * columns.size());
    for (std::size_t row = 0; row < steps; ++row)
        for (const std::vector<double>& column : columns)
            series.values.push_back(static_cast<float>(column[row]));
    return series;
}

}  // namespace parnas::evaluators
