// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/tabular.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/mutex.h"
#include "core/rng.h"
#include "evaluators/tabular/options.h"

namespace parnas::evaluators {
namespace {

// What the table says at one fidelity, by row.
struct Recorded {
    double fidelity = 1.0;
    std::vector<std::vector<double>> metrics;
    std::vector<double> cost;  // seconds
};

struct Content {
    std::vector<Recorded> recorded;  // by fidelity, ascending
    std::vector<std::vector<double>> test_metrics;
};

// Seconds by row.
std::vector<double> read_cost(const RecordedOptions& recorded,
                              FormulaReader& reader,
                              const Table& table,
                              Faults& faults) {
    std::vector<double> cost = reader.values(recorded.cost, faults);
    for (std::size_t row = 0; row < cost.size(); ++row) {
        if (!std::isfinite(cost[row]) || cost[row] < 0.0)
            throw Error(
                ErrorKind::invalid_input,
                fmt::format(
                    "{}: expected seconds, at least 0; got {}", recorded.cost.place, cost[row]),
                table.where(row, 0));
        cost[row] *= recorded.cost_share;
    }
    return cost;
}

Content read_content(const TabularOptions& options, const Table& table, Faults& faults) {
    FormulaReader reader(table);
    Content content;
    for (const RecordedOptions& each : options.recorded) {
        Recorded& recorded = content.recorded.emplace_back();
        recorded.fidelity = each.fidelity;
        for (const Formula& formula : each.metrics)
            recorded.metrics.push_back(reader.values(formula, faults));
        recorded.cost = read_cost(each, reader, table, faults);
    }
    for (const auto& [name, formula] : options.test_metrics)
        content.test_metrics.push_back(reader.values(formula, faults));
    return content;
}

// The rows of a table by the genotypes of one space.
struct Index {
    std::string space;  // its document
    RowFinder rows;
};

class TabularEvaluator final : public Evaluator {
  public:
    TabularEvaluator(TabularOptions options, std::unique_ptr<const Table> table, Content content)
        : options_(std::move(options)), table_(std::move(table)), content_(std::move(content)) {}

    std::string fingerprint() const override {
        return fmt::format("tabular@1 {} {}", to_string(table_->digest()), options_.text);
    }

    std::vector<std::string> metrics() const override { return options_.metrics; }

    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        Faults found;
        const std::shared_ptr<const Index> index = indexed(space, found);
        for (const Fault& fault : found.list())
            faults.add(fault.where, fault.message);
        if (!found.empty())
            return;
        // A table may have few of the candidates, but with none of these it is another's.
        constexpr int kSamples = 1000;
        Rng rng(0);
        std::string reason;
        for (int i = 0; i < kSamples; ++i) {
            const auto row = index->rows.find(spaces::sample_feasible(space, rng));
            if (std::holds_alternative<std::size_t>(row))
                return;
            reason = std::get<std::string>(row);
        }
        faults.add("/evaluator/key",
                   fmt::format("none of {} random candidates is in the table; as with the last of "
                               "them, {}",
                               kSamples,
                               reason));
    }

    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        if (context.stop.stop_requested())
            return Failure{FailureKind::cancelled, "stopped"};
        Faults faults;
        const std::shared_ptr<const Index> index = indexed(context.space, faults);
        faults.throw_if_any();
        std::variant<std::size_t, std::string> found = index->rows.find(candidate.genotype);
        if (auto* reason = std::get_if<std::string>(&found))
            return Failure{FailureKind::infeasible, std::move(*reason)};
        const std::size_t row = std::get<std::size_t>(found);

        const Recorded& recorded = reached(row, candidate.fidelity, context);
        const Seconds spent = spent_before(row, candidate, context);
        Measurement measurement{.metrics = metrics_of(row, recorded),
                                .fidelity = recorded.fidelity,
                                .cost = std::max(Seconds(recorded.cost[row]) - spent, Seconds(0))};
        if (candidate.stage == Stage::finalist)
            for (std::size_t i = 0; i < options_.test_metrics.size(); ++i)
                measurement.metrics[options_.test_metrics[i].first] = content_.test_metrics[i][row];
        for (const auto& [name, value] : measurement.metrics)
            if (!std::isfinite(value))
                return Failure{FailureKind::diverged,
                               fmt::format("{} is {} in the table", name, value)};
        if (options_.reports && candidate.fidelity < 1.0 && context.save_weights)
            context.save_weights(dump_json({{"row", row}, {"fidelity", recorded.fidelity}}));
        return measurement;
    }

  private:
    // The last one recorded at or below `fidelity`, or the first.
    std::vector<Recorded>::const_iterator last_at(double fidelity) const {
        constexpr double kRounding = 1e-9;  // a third of a budget, and a third of a table
        const auto above = std::ranges::upper_bound(
            content_.recorded, fidelity + kRounding, {}, &Recorded::fidelity);
        return above == content_.recorded.begin() ? above : above - 1;
    }

    // What the trial has cost that this one goes on from: its weights say where it ended.
    Seconds spent_before(std::size_t row,
                         const Candidate& candidate,
                         const Context& context) const {
        if (!candidate.warm_start)
            return Seconds(0);
        const Json from = parse_json(context.load(*candidate.warm_start), "warm_start");
        check(from.at("row") == row, "a trial goes on from one of another row");
        return Seconds(last_at(from.at("fidelity").get<double>())->cost[row]);
    }

    // What has been recorded at `fidelity`, or where the reports on the way are stopped.
    const Recorded& reached(std::size_t row, double fidelity, const Context& context) const {
        const auto last = last_at(fidelity);
        if (!options_.reports || !context.report)
            return *last;
        for (auto each = content_.recorded.begin(); each != last; ++each)
            if (ends(row, *each, context))
                return *each;
        (void)ends(row, *last, context);
        return *last;
    }

    // Reports a step; true if it is the last one.
    bool ends(std::size_t row, const Recorded& step, const Context& context) const {
        const Metrics metrics = metrics_of(row, step);
        if (!std::ranges::all_of(metrics,
                                 [](const auto& each) { return std::isfinite(each.second); }))
            return true;
        return context.report(&step - content_.recorded.data(), metrics) == Verdict::stop;
    }

    Metrics metrics_of(std::size_t row, const Recorded& recorded) const {
        Metrics metrics;
        for (std::size_t i = 0; i < options_.metrics.size(); ++i)
            metrics.emplace(options_.metrics[i], recorded.metrics[i][row]);
        return metrics;
    }

    std::shared_ptr<const Index> indexed(const spaces::SearchSpace& space, Faults& faults) const {
        const MutexLock lock(mutex_);
        if (!index_ || index_->space != space.document()) {
            auto index = std::make_shared<const Index>(
                Index{.space = std::string(space.document()),
                      .rows = RowFinder(*table_, options_.key, space, faults)});
            if (!faults.empty())
                return nullptr;
            index_ = std::move(index);
        }
        return index_;
    }

    TabularOptions options_;
    std::unique_ptr<const Table> table_;
    Content content_;
    mutable Mutex mutex_;
    // For the space that was met last: there is one as a rule.
    mutable std::shared_ptr<const Index> index_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Evaluator> make_tabular_evaluator(ObjectReader& options,
                                                  const std::filesystem::path& base) {
    TabularOptions tabular = read_tabular_options(options, base);
    if (!options.faults().empty())
        return nullptr;
    auto table = std::make_unique<const Table>(tabular.tables);
    Content content = read_content(tabular, *table, options.faults());
    if (!options.faults().empty())
        return nullptr;
    return std::make_unique<TabularEvaluator>(
        std::move(tabular), std::move(table), std::move(content));
}

}  // namespace parnas::evaluators
