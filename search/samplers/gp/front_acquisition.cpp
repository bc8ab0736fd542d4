// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/gp/front_acquisition.h"

#include <algorithm>
#include <limits>

#include "search/acquisition/log_ei.h"

namespace parnas::search {
namespace {

constexpr double kForbidden = std::numeric_limits<double>::infinity();

class FrontAcquisition {
  public:
    explicit FrontAcquisition(const FrontModel& model) : model_(model), draws_(model.draws()) {}

    Eigen::VectorXd values(std::span<const Genotype> genotypes, const Points& points) const {
        std::vector<std::optional<Prediction>> objectives;
        for (const auto& process : model_.objectives)
            objectives.push_back(process ? std::optional(process->predict(points)) : std::nullopt);
        std::vector<Prediction> bounds;
        for (const FrontModel::Bound& bound : model_.bounds)
            bounds.push_back(bound.process.predict(points));

        Eigen::VectorXd result(points.rows());
        for (Eigen::Index i = 0; i < points.rows(); ++i) {
            const auto known = model_.known(genotypes[static_cast<std::size_t>(i)]);
            result[i] = known ? value(objectives, bounds, *known, i) : -kForbidden;
        }
        return result;
    }

    double sloped(const Genotype& near,
                  const Eigen::RowVectorXd& point,
                  Eigen::RowVectorXd& gradient) const {
        gradient.setZero();
        double result = 0.0;
        for (const FrontModel::Bound& bound : model_.bounds) {
            const DrawnProcess::Local at = bound.process.at(point);
            const Acquired met = log_probability_below(bound.limit, at.means[0], at.stddev);
            result += met.value;
            gradient += bound.process.gradient(
                at, Eigen::VectorXd::Constant(1, met.by_mean), met.by_stddev);
        }
        if (!model_.improvement)
            return result;
        const auto known = model_.known(near);
        if (!known)
            return -kForbidden;
        Beliefs beliefs(draws_, model_.objectives.size());
        std::vector<std::optional<DrawnProcess::Local>> locals;
        for (std::size_t j = 0; j < model_.objectives.size(); ++j) {
            const auto& process = model_.objectives[j];
            locals.push_back(process ? std::optional(process->at(point)) : std::nullopt);
            if (process)
                beliefs.set(j, locals.back()->means, locals.back()->stddev);
            else
                beliefs.set(j, (*known)[j]);
        }
        const LogImprovement gain =
            model_.improvement->log_improvement(beliefs.means, beliefs.stddevs);
        for (std::size_t j = 0; j < locals.size(); ++j)
            if (locals[j])
                gradient += model_.objectives[j]->gradient(
                    *locals[j],
                    beliefs.column(gain.by_mean, j, locals[j]->means.size()),
                    gain.by_stddev[j]);
        return result + gain.value;
    }

  private:
    // What ExpectedHypervolumeImprovement takes: a row of means for each draw.
    struct Beliefs {
        Beliefs(std::size_t draw_count, std::size_t objectives)
            : draws(draw_count), means(draws * objectives), stddevs(objectives, 0.0) {}

        // One mean for all draws, or one for each.
        template <typename Means>
        void set(std::size_t objective, const Means& values, double stddev) {
            for (std::size_t draw = 0; draw < draws; ++draw)
                means[draw * stddevs.size() + objective] =
                    values[values.size() == 1 ? 0 : static_cast<Eigen::Index>(draw)];
            stddevs[objective] = stddev;
        }
        void set(std::size_t objective, double known) {
            for (std::size_t draw = 0; draw < draws; ++draw)
                means[draw * stddevs.size() + objective] = known;
        }
        // The derivatives by an objective's means.
        Eigen::VectorXd column(const std::vector<double>& by_mean,
                               std::size_t objective,
                               Eigen::Index columns) const {
            Eigen::VectorXd result = Eigen::VectorXd::Zero(columns);
            for (std::size_t draw = 0; draw < draws; ++draw)
                result[columns == 1 ? 0 : static_cast<Eigen::Index>(draw)] +=
                    by_mean[draw * stddevs.size() + objective];
            return result;
        }

        std::size_t draws;
        std::vector<double> means;
        std::vector<double> stddevs;
    };

    double value(const std::vector<std::optional<Prediction>>& objectives,
                 const std::vector<Prediction>& bounds,
                 const std::vector<double>& known,
                 Eigen::Index i) const {
        double result = 0.0;
        for (std::size_t k = 0; k < bounds.size(); ++k)
            result += log_probability_below(
                          model_.bounds[k].limit, bounds[k].means(i, 0), bounds[k].stddevs[i])
                          .value;
        if (!model_.improvement)
            return result;
        Beliefs beliefs(draws_, objectives.size());
        for (std::size_t j = 0; j < objectives.size(); ++j)
            if (objectives[j])
                beliefs.set(j, objectives[j]->means.row(i), objectives[j]->stddevs[i]);
            else
                beliefs.set(j, known[j]);
        return result + model_.improvement->log_value(beliefs.means, beliefs.stddevs);
    }

    const FrontModel& model_;
    std::size_t draws_;
};

}  // namespace

std::size_t FrontModel::draws() const {
    Eigen::Index most = 1;
    for (const auto& objective : objectives)
        if (objective)
            most = std::max(most, objective->values().cols());
    return static_cast<std::size_t>(most);
}

Acquisition make_front_acquisition(const FrontModel& model, Eigen::VectorXd lengths) {
    const FrontAcquisition acquisition(model);
    return {
        .values = [=](std::span<const Genotype> genotypes,
                      const Points& points) { return acquisition.values(genotypes, points); },
        .sloped =
            [=](const Genotype& near,
                const Eigen::RowVectorXd& point,
                Eigen::RowVectorXd& gradient) { return acquisition.sloped(near, point, gradient); },
        .lengths = std::move(lengths)};
}

}  // namespace parnas::search
