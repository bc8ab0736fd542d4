// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/cma_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <Eigen/Cholesky>

#include "search/samplers/cma_es/margin.h"
#include "search/samplers/variation.h"

namespace parnas::search {
namespace {

// Foreign trials at the beginning that make a model of their own; it is made again whenever
// there are twice as many.
constexpr std::size_t kWarm = 10;

// The comparable trials of a list by the order of constrained domination, best first.
std::vector<std::size_t> best_first(const std::vector<Individual>& individuals) {
    const std::vector<Fitness> ranking = fitness(individuals);
    std::vector<std::size_t> order(individuals.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order,
                             [&](std::size_t a, std::size_t b) { return ranking[a] < ranking[b]; });
    return order;
}

}  // namespace

Eigen::VectorXd CmaDraws::draw_point() {
    const CmaNormal& normal = *model_.normal;
    Eigen::VectorXd z(normal.dimension());
    Eigen::VectorXd point;
    constexpr int kInsideTries = 100;
    for (int i = 0; i < kInsideTries; ++i) {
        for (double& each : z)
            each = rng_.normal();
        point = normal.point(normal.step(z));
        if (axes_.inside(point))
            return point;
    }
    axes_.clip(point);
    return point;
}

CmaDraw CmaDraws::next() {
    CmaDraw draw;
    Eigen::VectorXd point;
    if (model_.normal) {
        point = draw_point();
        draw.step = model_.normal->step_to(point);
    }
    draw.choices = model_.choices.draw(rng_);
    draw.genotype = axes_.genotype(point, draw.choices);
    return draw;
}

CmaSearch::CmaSearch(const CmaEsOptions& options, const SamplerSetup& setup)
    : options_(options),
      seed_(setup.seed),
      space_(setup.space),
      axes_(setup.space.params()),
      schedule_(options.restarts, {}),
      model_{.choices = ChoiceModel(axes_.counts())} {
    const CmaRun first{.population = options.population.value_or(cma_population(dimension())),
                       .sigma = options.sigma};
    schedule_ = RestartSchedule(options.restarts, first);
    const auto n = static_cast<Eigen::Index>(axes_.coordinates());
    begin_run(first, broad_model(Eigen::VectorXd::Constant(n, 0.5), first.sigma));
}

std::size_t CmaSearch::dimension() const {
    return std::max<std::size_t>(1, axes_.coordinates() + axes_.categoricals());
}

void CmaSearch::begin_run(const CmaRun& run, CmaModel model) {
    limits_ = run;
    const std::size_t n = axes_.coordinates() > 0 ? axes_.coordinates() : dimension();
    rates_ = cma_rates(n, run.population, options_.covariance);
    model_ = std::move(model);
    run_trials_ = 0;
    keep_margins();
}

CmaModel CmaSearch::broad_model(Eigen::VectorXd mean, double sigma) const {
    CmaModel model{.choices = ChoiceModel(axes_.counts())};
    if (mean.size() > 0)
        model.normal.emplace(std::move(mean), sigma, options_.covariance);
    return model;
}

// WS-CMA-ES (Nomura et al., AAAI 2021): the normal distribution nearest to a mixture of
// kernels of width 0.1 at the best tenth of the trials.
CmaModel CmaSearch::warm_model() const {
    std::vector<Individual> known;
    for (const Trial& trial : foreign_)
        if (is_comparable(trial))
            known.push_back(to_individual(trial));
    const auto n = static_cast<Eigen::Index>(axes_.coordinates());
    const Eigen::VectorXd centre = Eigen::VectorXd::Constant(n, 0.5);
    if (known.empty())
        return broad_model(centre, options_.sigma);
    std::vector<std::size_t> best = best_first(known);
    best.resize((best.size() + 9) / 10);
    std::vector<ChoiceModel::Choices> choices;
    Eigen::MatrixXd points(n, static_cast<Eigen::Index>(best.size()));
    for (std::size_t i = 0; i < best.size(); ++i) {
        const Genotype& genotype = known[best[i]].genotype;
        choices.push_back(axes_.choices(genotype));
        points.col(static_cast<Eigen::Index>(i)) = axes_.nearest_point(genotype, centre);
    }
    CmaModel model{.choices = ChoiceModel(axes_.counts(), choices)};
    if (n > 0) {
        constexpr double kWidth = 0.1;
        const Eigen::VectorXd mean = points.rowwise().mean();
        const Eigen::MatrixXd away = points.colwise() - mean;
        Eigen::MatrixXd covariance = kWidth * kWidth * Eigen::MatrixXd::Identity(n, n) +
                                     away * away.transpose() / static_cast<double>(points.cols());
        if (options_.covariance == Covariance::diagonal)
            covariance = covariance.diagonal().asDiagonal().toDenseMatrix();
        // The shape has the determinant 1.
        const double log_sigma = covariance.llt().matrixLLT().diagonal().array().log().mean();
        const double sigma = std::exp(log_sigma);
        model.normal.emplace(mean, sigma, covariance / (sigma * sigma), options_.covariance);
    }
    return model;
}

CmaDraws CmaSearch::draws(TrialNumber number) const {
    return {model_, axes_, Rng(seed_).fork("cma_es").fork(static_cast<std::uint64_t>(number))};
}

std::optional<CmaDraw> CmaSearch::find(const Trial& trial) const {
    CmaDraws all = draws(trial.number);
    for (int i = 0; i < kTries; ++i) {
        CmaDraw draw = all.next();
        if (draw.genotype == trial.genotype)
            return draw;
        // No such draw is refused for being known: it would have been proposed.
        if (axes_.always_new() && space_.feasible(draw.genotype))
            break;
    }
    return std::nullopt;
}

CmaDraw CmaSearch::injected(const Genotype& genotype) const {
    CmaDraw draw{.choices = axes_.choices(genotype), .genotype = genotype};
    if (model_.normal) {
        const CmaNormal& normal = *model_.normal;
        draw.step = normal.step_to(axes_.nearest_point(genotype, normal.mean()));
        const auto n = static_cast<double>(normal.dimension());
        const double longest = std::sqrt(n) + 2.0 * n / (n + 2.0);
        const double length = normal.length(draw.step);
        if (length > longest)
            draw.step *= longest / length;
    }
    return draw;
}

void CmaSearch::learn(const Trial& trial) {
    std::optional<CmaDraw> own = find(trial);
    if (!begun_ && !own) {
        meet_foreign(trial);
        return;
    }
    if (!begun_) {
        begun_ = true;
        if (foreign_.size() < kWarm)
            for (const Trial& each : foreign_)
                join(each, injected(each.genotype));
        foreign_.clear();
    }
    join(trial, own ? *std::move(own) : injected(trial.genotype));
}

void CmaSearch::meet_foreign(const Trial& trial) {
    foreign_.push_back(trial);
    std::size_t next = kWarm;
    while (next < foreign_.size())
        next *= 2;
    if (foreign_.size() == next)
        begin_run(limits_, warm_model());
}

void CmaSearch::join(const Trial& trial, CmaDraw draw) {
    members_.push_back({.individual = to_individual(trial),
                        .comparable = is_comparable(trial),
                        .draw = std::move(draw)});
    ++run_trials_;
    if (members_.size() == limits_.population)
        end_generation();
}

void CmaSearch::end_generation() {
    std::vector<Individual> comparable;
    std::vector<CmaDraw> draws;
    for (const bool wanted : {true, false})
        for (Member& member : members_)
            if (member.comparable == wanted) {
                draws.push_back(std::move(member.draw));
                if (wanted)
                    comparable.push_back(std::move(member.individual));
            }
    members_.clear();
    ++generation_;
    if (comparable.empty())
        return;
    std::vector<std::size_t> order = best_first(comparable);
    while (order.size() < draws.size())
        order.push_back(order.size());

    if (model_.normal) {
        Eigen::MatrixXd steps(model_.normal->dimension(), static_cast<Eigen::Index>(order.size()));
        for (std::size_t i = 0; i < order.size(); ++i)
            steps.col(static_cast<Eigen::Index>(i)) = draws[order[i]].step;
        model_.normal->update(rates_, steps);
        model_.normal->limit_spread(1.0);
        keep_margins();
    }
    std::vector<ChoiceModel::Choices> parents;
    for (std::size_t i = 0; i < order.size() / 2; ++i)
        parents.push_back(std::move(draws[order[i]].choices));
    model_.choices.update(parents, rates_.weights.cwiseMax(0.0));
    if (has_converged())
        restart();
}

void CmaSearch::keep_margins() {
    const double share = 1.0 / static_cast<double>(axes_.coordinates() * limits_.population);
    for (std::size_t i = 0; i < axes_.coordinates(); ++i) {
        if (axes_.borders(i).empty())
            continue;
        const auto at = static_cast<Eigen::Index>(i);
        const Marginal now{.mean = model_.normal->mean()[at], .spread = model_.normal->spread(at)};
        const Marginal kept = with_margin(now, axes_.borders(i), share);
        if (kept != now)
            model_.normal->set_coordinate(at, kept.mean, kept.spread);
    }
}

bool CmaSearch::has_converged() const {
    constexpr double kNarrow = 1e-11;
    constexpr double kIllConditioned = 1e14;
    if (model_.normal && model_.normal->condition() > kIllConditioned)
        return true;
    if (!model_.choices.settled())
        return false;
    if (!model_.normal)
        return true;
    for (std::size_t i = 0; i < axes_.coordinates(); ++i) {
        const Eigen::Index at = static_cast<Eigen::Index>(i);
        // Of a discrete coordinate A holds the spread up, and sigma shows the convergence.
        const double spread =
            axes_.borders(i).empty()
                ? model_.normal->spread(at)
                : model_.normal->sigma() * std::sqrt(model_.normal->shape()(at, at));
        if (spread > kNarrow)
            return false;
    }
    return true;
}

void CmaSearch::restart() {
    ++run_;
    Rng rng = Rng(seed_).fork("restart").fork(static_cast<std::uint64_t>(run_));
    const CmaRun next = schedule_.next(run_trials_, rng);
    Eigen::VectorXd mean(static_cast<Eigen::Index>(axes_.coordinates()));
    for (double& each : mean)
        each = rng.uniform();
    begin_run(next, broad_model(std::move(mean), next.sigma));
}

}  // namespace parnas::search
