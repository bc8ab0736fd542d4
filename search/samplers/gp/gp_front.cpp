// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/gp/gp_front.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include <fmt/format.h>

#include "search/fronts/non_dominated_sort.h"
#include "search/json_text.h"
#include "search/points/low_discrepancy.h"
#include "search/samplers/explored.h"
#include "search/samplers/foretold.h"
#include "search/samplers/gp/front_acquisition.h"
#include "search/samplers/gp/quantity.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

constexpr std::size_t kDrawnFronts = 16;

// Of the values seen in an objective: how far beyond the front gains count.
constexpr double kMargin = 0.1;

struct Complete {
    Genotype genotype;
    Metrics metrics;
    bool within_limits = true;
};

struct Limited {
    Limited(std::string name, double most, const Features& features, Noise noise)
        : metric(std::move(name)), limit(most), values(features, noise) {}

    std::string metric;
    double limit = 0.0;
    bool broken = false;  // by any trial
    Quantity values;
};

// All that one proposal follows from.
struct View {
    std::vector<std::size_t> rows;     // the complete trials that processes know
    std::vector<Standardised> scales;  // of the objectives
    std::vector<bool> known;           // objectives without a process
    std::vector<std::size_t> front;    // complete trials
    FrontModel model;
};

class GpFront final : public Sampler {
  public:
    GpFront(const GpOptions& options, const SamplerSetup& setup)
        : options_(options),
          space_(setup.space),
          goals_(setup.goals),
          seed_(setup.seed),
          explored_(setup.space),
          features_(setup.space.params()),
          failures_(features_, Noise::learned) {
        const Noise noise = options.deterministic ? Noise::none : Noise::learned;
        for (std::size_t j = 0; j < setup.objectives; ++j)
            objectives_.emplace_back(features_, noise);
        for (const auto& [metric, limit] : setup.limits)
            limits_.emplace_back(metric, limit, features_, noise);
        if (space_.params().size() <= kMostSobolDimensions)
            points_ = make_sobol(space_.params().size(), Rng(setup.seed).fork("gp"));
    }

    std::vector<Proposal> ask(const AskContext& context, std::size_t count) override {
        explored_.begin_ask(context.pending);
        std::vector<Genotype> pending;
        for (const Candidate& candidate : context.pending)
            pending.push_back(candidate.genotype);
        const bool modelled = complete_.size() >= std::max<std::size_t>(2, options_.startup) &&
                              !features_.axes().empty();
        return explored_.collect(count, [&](std::size_t) {
            std::optional<Proposal> proposal =
                modelled ? propose(context, pending) : start(context, told_ + pending.size());
            if (!proposal)
                proposal = explored_.newcomer(context.rng);
            if (proposal)
                pending.push_back(proposal->genotype);
            return proposal;
        });
    }

    void tell(std::span<const Trial> trials) override {
        for (const Trial& trial : trials) {
            ++told_;
            explored_.tell(trial.genotype);
            tell_limits(trial);
            const bool complete = trial.state == TrialState::complete;
            if (complete)
                tell_complete(trial);
            // Trials over a limit say nothing of whether they would have failed.
            if (!complete && trial.violation > 0.0)
                continue;
            failed_ = failed_ || !complete;
            failures_.tell(trial.genotype, complete ? 0.0 : 1.0);
        }
    }

  private:
    void tell_limits(const Trial& trial) {
        for (Limited& limited : limits_) {
            const auto found = trial.metrics.find(limited.metric);
            if (found == trial.metrics.end() || !std::isfinite(found->second))
                continue;
            limited.values.tell(trial.genotype, found->second);
            limited.broken = limited.broken || found->second > limited.limit;
        }
    }

    void tell_complete(const Trial& trial) {
        for (std::size_t j = 0; j < objectives_.size(); ++j)
            objectives_[j].tell(trial.genotype, trial.objectives[j]);
        complete_.push_back({.genotype = trial.genotype,
                             .metrics = trial.metrics,
                             .within_limits = trial.violation <= 0.0});
    }

    // The next point of the sequence.
    std::optional<Proposal> start(const AskContext& context, std::size_t number) {
        if (!points_)
            return std::nullopt;
        Genotype genotype = spaces::from_unit(space_.params(), points_(number));
        if (!space_.feasible(genotype) || !explored_.is_new(genotype, context.known))
            return std::nullopt;
        return Proposal{.genotype = std::move(genotype),
                        .attributes = {{"reason", "\"quasi-random\""}}};
    }

    std::optional<Proposal> propose(const AskContext& context, std::span<const Genotype> pending) {
        const View view = look(context, pending);
        const std::vector<Maximum> maxima = maximise(make_front_acquisition(view.model, lengths()),
                                                     features_,
                                                     space_,
                                                     incumbents(view, context.rng),
                                                     effort(view),
                                                     context.rng);
        for (const Maximum& each : maxima)
            if (std::isfinite(each.value) && explored_.is_new(each.genotype, context.known) &&
                !(context.predict && context.predict(each.genotype).failure))
                return describe(view, each);
        return std::nullopt;
    }

    // Candidates whose counts and predictions have to be asked for take time.
    MaximiseOptions effort(const View& view) const {
        const std::size_t most = std::ranges::count(view.known, true) > 0 ? 256 : 1024;
        const std::size_t candidates = std::min(options_.candidates, most);
        return {.spread = candidates / 2, .near = candidates - candidates / 2, .climbs = 4};
    }

    // The front in random order, so that each part of it is searched around at times.
    std::vector<Genotype> incumbents(const View& view, Rng& rng) const {
        std::vector<Genotype> result;
        for (const std::size_t i : rng.sample(view.front.size(), view.front.size()))
            result.push_back(complete_[view.front[i]].genotype);
        return result;
    }

    // Per axis the shortest of all objectives' length scales.
    Eigen::VectorXd lengths() {
        Eigen::VectorXd weights =
            Eigen::VectorXd::Zero(static_cast<Eigen::Index>(features_.axes().size()));
        for (Quantity& objective : objectives_)
            weights = weights.cwiseMax(objective.learn().weights);
        return weights.cwiseSqrt().cwiseInverse();
    }

    View look(const AskContext& context, std::span<const Genotype> pending) {
        View view{.rows = modelled_trials(), .front = front_members()};
        for (std::size_t j = 0; j < objectives_.size(); ++j) {
            view.scales.push_back(objectives_[j].scale());
            view.known.push_back(j < goals_.size() && is_known(context, goals_[j].metric));
        }
        view.model.known =
            [&context, this, known = view.known, scales = view.scales](const Genotype& genotype) {
                return known_values(context, genotype, known, scales);
            };
        add_objectives(pending, view);
        add_bounds(context, view);
        if (!view.front.empty())
            add_improvement(pending, view);
        return view;
    }

    // All, or of too many the best half and the newest half.
    std::vector<std::size_t> modelled_trials() const {
        std::vector<std::size_t> rows(complete_.size());
        std::iota(rows.begin(), rows.end(), std::size_t{0});
        if (rows.size() <= options_.most)
            return rows;
        const std::vector<std::size_t> ranks = ranks_of(rows);
        const auto newest = rows.end() - static_cast<std::ptrdiff_t>(options_.most / 2);
        std::ranges::stable_sort(rows.begin(), newest, {}, [&](std::size_t i) { return ranks[i]; });
        rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(options_.most - options_.most / 2),
                   newest);
        return rows;
    }

    std::vector<std::size_t> ranks_of(const std::vector<std::size_t>& rows) const {
        std::vector<double> values;
        for (const std::size_t i : rows)
            for (const Quantity& objective : objectives_)
                values.push_back(objective.values()[i]);
        return non_dominated_sort({.values = values, .objectives = objectives_.size()});
    }

    std::vector<std::size_t> front_members() const {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < complete_.size(); ++i)
            if (complete_[i].within_limits)
                members.push_back(i);
        const std::vector<std::size_t> ranks = ranks_of(members);
        std::size_t next = 0;
        std::erase_if(members, [&](std::size_t) { return ranks[next++] > 0; });
        return members;
    }

    bool is_known(const AskContext& context, const std::string& metric) const {
        const Complete& last = complete_.back();
        return is_foretold(context.predict, last.genotype, last.metrics, metric);
    }

    std::optional<std::vector<double>> known_values(const AskContext& context,
                                                    const Genotype& genotype,
                                                    const std::vector<bool>& known,
                                                    const std::vector<Standardised>& scales) const {
        std::vector<double> values(known.size(), 0.0);
        if (std::ranges::find(known, true) == known.end())
            return values;
        const Predicted predicted = context.predict(genotype);
        if (predicted.failure)
            return std::nullopt;
        for (std::size_t j = 0; j < known.size(); ++j) {
            if (!known[j])
                continue;
            const auto found = predicted.metrics.find(goals_[j].metric);
            if (found == predicted.metrics.end() || !std::isfinite(found->second))
                return std::nullopt;
            values[j] = scales[j](minimised({goals_[j]}, {found->second})[0]);
        }
        return values;
    }

    void add_objectives(std::span<const Genotype> pending, View& view) {
        Points places(static_cast<Eigen::Index>(pending.size()), features_.coordinates());
        for (std::size_t i = 0; i < pending.size(); ++i)
            places.row(static_cast<Eigen::Index>(i)) = features_.point(pending[i]);
        for (std::size_t j = 0; j < objectives_.size(); ++j)
            view.model.objectives.push_back(view.known[j]
                                                ? std::nullopt
                                                : std::optional(objectives_[j].process(
                                                      view.rows,
                                                      {.pending = places,
                                                       .draws = kDrawnFronts,
                                                       .rng = Rng(seed_).fork("draws").fork(j)})));
    }

    void add_bounds(const AskContext& context, View& view) {
        const auto add = [&](Quantity& quantity, double limit) {
            std::vector<std::size_t> rows(std::min(quantity.values().size(), options_.most));
            std::iota(rows.begin(), rows.end(), quantity.values().size() - rows.size());
            view.model.bounds.push_back(
                {.process = quantity.process(
                     rows, {.pending = Points(0, features_.coordinates()), .rng = Rng(seed_)}),
                 .limit = quantity.scale()(limit)});
        };
        for (Limited& limited : limits_)
            if (limited.broken && !is_known(context, limited.metric))
                add(limited.values, limited.limit);
        if (failed_)
            add(failures_, 0.5);
    }

    // The trials within all limits and the pending ones, for each draw.
    void add_improvement(std::span<const Genotype> pending, View& view) {
        std::vector<std::vector<double>> fronts(view.model.draws());
        const auto add = [&](const auto& value_of) {
            for (std::size_t draw = 0; draw < fronts.size(); ++draw)
                for (std::size_t j = 0; j < objectives_.size(); ++j)
                    fronts[draw].push_back(value_of(j, draw));
        };
        const auto drawn = [&](std::size_t j, std::size_t row, std::size_t draw) {
            const Eigen::MatrixXd& values = view.model.objectives[j]->values();
            return values(static_cast<Eigen::Index>(row),
                          values.cols() == 1 ? 0 : static_cast<Eigen::Index>(draw));
        };
        for (std::size_t row = 0; row < view.rows.size(); ++row)
            if (const std::size_t i = view.rows[row]; complete_[i].within_limits)
                add([&](std::size_t j, std::size_t draw) {
                    return view.known[j] ? view.scales[j].values[static_cast<Eigen::Index>(i)]
                                         : drawn(j, row, draw);
                });
        for (std::size_t p = 0; p < pending.size(); ++p)
            if (const auto known = view.model.known(pending[p]))
                add([&](std::size_t j, std::size_t draw) {
                    return view.known[j] ? (*known)[j] : drawn(j, view.rows.size() + p, draw);
                });

        std::vector<double> lowest;
        std::vector<double> reference;
        for (const Standardised& scale : view.scales) {
            const double margin =
                kMargin * std::max(scale.values.maxCoeff() - scale.values.minCoeff(), 1e-6);
            const auto value = [&](std::size_t i) {
                return scale.values[static_cast<Eigen::Index>(i)];
            };
            lowest.push_back(value(std::ranges::min(view.front, {}, value)) - margin);
            reference.push_back(value(std::ranges::max(view.front, {}, value)) + margin);
        }
        std::vector<PointRows> rows;
        for (const std::vector<double>& values : fronts)
            rows.push_back({.values = values, .objectives = objectives_.size()});
        view.model.improvement.emplace(rows, Region{.lowest = lowest, .reference = reference});
    }

    Proposal describe(const View& view, const Maximum& maximum) const {
        std::string reason =
            view.model.improvement
                ? fmt::format("log expected hypervolume improvement {:.4g}", maximum.value)
                : "no trial is within the limits";
        Points point(1, features_.coordinates());
        point.row(0) = features_.point(maximum.genotype);
        const std::vector<double> known = *view.model.known(maximum.genotype);
        for (std::size_t j = 0; j < objectives_.size(); ++j) {
            const Standardised& scale = view.scales[j];
            const bool maximised = j < goals_.size() && goals_[j].direction == Direction::maximize;
            const auto shown = [&](double value) {
                return maximised ? -scale.inverse(value) : scale.inverse(value);
            };
            reason += fmt::format(
                "; {} ", j < goals_.size() ? goals_[j].metric : fmt::format("objective {}", j));
            if (const auto& process = view.model.objectives[j]) {
                const Prediction predicted = process->predict(point);
                reason += fmt::format("{:.4g} +- {:.2g}",
                                      shown(predicted.means.mean()),
                                      scale.stddev * predicted.stddevs[0]);
            } else {
                reason += fmt::format("{:.4g} for certain", shown(known[j]));
            }
        }
        return {.genotype = maximum.genotype, .attributes = {{"reason", json_text(reason)}}};
    }

    GpOptions options_;
    const spaces::SearchSpace& space_;
    std::vector<Objective> goals_;
    std::uint64_t seed_;
    Explored explored_;
    Features features_;
    PointSequence points_;             // none in spaces of too many parameters
    std::deque<Quantity> objectives_;  // of the complete trials
    std::vector<Complete> complete_;
    std::deque<Limited> limits_;
    Quantity failures_;  // 1 for a trial that failed, 0 for one that did not
    bool failed_ = false;
    std::size_t told_ = 0;
};

}  // namespace

std::unique_ptr<Sampler> make_gp_front_sampler(const GpOptions& options,
                                               const SamplerSetup& setup) {
    return std::make_unique<GpFront>(options, setup);
}

}  // namespace parnas::search
