// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/entry_lookup.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Dense>

#include "hw_models/table/small_regression.h"

namespace parnas::hw_models {
namespace {

constexpr double kLeastLogSd = 0.05;  // of what was not measured
constexpr double kAloneLogSd = 0.5;   // of a kind with too few entries to find out

// Between two kernels of a kind: in factors of work.
double distance(const KernelWork& a, const KernelWork& b) {
    const auto apart = [](double x, double y) { return std::log((x + 1.0) / (y + 1.0)); };
    return std::hypot(apart(a.multiply_adds, b.multiply_adds),
                      apart(a.bytes, b.bytes),
                      apart(a.weight_bytes, b.weight_bytes));
}

}  // namespace

double EntryLookup::Line::at(const KernelWork& work, double batch) const {
    return fixed + (per_multiply_add * work.multiply_adds + per_byte * work.bytes) * batch +
           per_weight_byte * work.weight_bytes;
}

EntryLookup::EntryLookup(const OperatorTable& table)
    : batch_(static_cast<double>(table.target.batch)) {
    for (const TableEntry& entry : table.entries) {
        by_key_.emplace(entry.key, &entry);
        kinds_[entry.kind].entries.push_back(&entry);
        all_.entries.push_back(&entry);
    }
    const auto finish = [&](Kind& kind) {
        constexpr std::size_t kFewest = 5;  // one more than the line has coefficients
        kind.line = fit(kind.entries.size() < kFewest ? all_.entries : kind.entries);
        kind.log_sd = kAloneLogSd;
        if (kind.entries.size() < kFewest)
            return;
        double squares = 0.0;
        for (const TableEntry* entry : kind.entries) {
            const double guess = interpolate(kind, entry->work, entry);
            const double error = std::log(guess / entry->time.count());
            squares += error * error;
        }
        kind.log_sd =
            std::max(kLeastLogSd, std::sqrt(squares / static_cast<double>(kind.entries.size())));
    };
    for (auto& [name, kind] : kinds_)
        finish(kind);
    finish(all_);
}

FoundTime EntryLookup::find(std::string_view key,
                            std::string_view kind,
                            const KernelWork& work) const {
    if (const auto entry = by_key_.find(key); entry != by_key_.end())
        return {.time = entry->second->time};
    const auto same = kinds_.find(kind);
    if (same != kinds_.end())
        return {.time = Seconds(interpolate(same->second, work, nullptr)),
                .log_sd = same->second.log_sd,
                .measured = false};
    return {.time = Seconds(all_.line.at(work, batch_)),
            .log_sd = std::max(all_.log_sd, kAloneLogSd),
            .measured = false};
}

EntryLookup::Line EntryLookup::fit(const std::vector<const TableEntry*>& entries) const {
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(entries.size()), 4);
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
        const TableEntry& entry = *entries[static_cast<std::size_t>(i)];
        const double time = entry.time.count();
        // Of too few entries the first columns explain all.
        rows.row(i) << entry.work.bytes * batch_ / time, entry.work.multiply_adds * batch_ / time,
            entry.work.weight_bytes / time, 1.0 / time;
    }
    const Eigen::VectorXd found = fit_small_non_negative(rows, Eigen::VectorXd::Ones(rows.rows()));
    return {.fixed = found[3],
            .per_multiply_add = found[1],
            .per_byte = found[0],
            .per_weight_byte = found[2]};
}

double EntryLookup::interpolate(const Kind& kind,
                                const KernelWork& work,
                                const TableEntry* skipped) const {
    constexpr std::size_t kNearest = 3;
    constexpr double kSame = 0.01;  // distances below count alike
    std::vector<std::pair<double, const TableEntry*>> near;
    for (const TableEntry* entry : kind.entries)
        if (entry != skipped)
            near.emplace_back(distance(entry->work, work), entry);
    const double guess = kind.line.at(work, batch_);
    const std::size_t count = std::min(kNearest, near.size());
    std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count), near.end());
    double weights = 0.0;
    double log_ratio = 0.0;  // of an entry to the line
    for (std::size_t i = 0; i < count; ++i) {
        const double weight = 1.0 / std::pow(near[i].first + kSame, 2);
        const double at = kind.line.at(near[i].second->work, batch_);
        log_ratio += weight * std::log(near[i].second->time.count() / at);
        weights += weight;
    }
    return weights > 0.0 ? guess * std::exp(log_ratio / weights) : guess;
}

}  // namespace parnas::hw_models
