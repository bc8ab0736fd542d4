// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/choice_model.h"

#include <algorithm>
#include <cmath>

namespace parnas::search {

ChoiceModel::ChoiceModel(const std::vector<std::size_t>& choices) {
    for (const std::size_t count : choices) {
        const auto size = static_cast<Eigen::Index>(count);
        probabilities_.push_back(Eigen::VectorXd::Constant(size, 1.0 / static_cast<double>(count)));
        path_.push_back(Eigen::VectorXd::Zero(size));
    }
}

ChoiceModel::ChoiceModel(const std::vector<std::size_t>& choices, std::span<const Choices> examples)
    : ChoiceModel(choices) {
    constexpr double kEven = 0.1;
    for (std::size_t i = 0; i < size(); ++i) {
        const Eigen::VectorXd even = probabilities_[i];
        Eigen::VectorXd shares = Eigen::VectorXd::Zero(even.size());
        for (const Choices& example : examples) {
            if (example[i] == kUnknown)
                shares += even;
            else
                shares[example[i]] += 1.0;
        }
        probabilities_[i] =
            kEven * even + (1.0 - kEven) / static_cast<double>(examples.size()) * shares;
    }
    keep_margins();
}

double ChoiceModel::margin(std::size_t categorical) const {
    // So that at least 73 % of the draws may be of one value only.
    return (1.0 - std::pow(0.73, 1.0 / static_cast<double>(size()))) /
           static_cast<double>(probabilities_[categorical].size() - 1);
}

bool ChoiceModel::settled() const {
    for (std::size_t i = 0; i < size(); ++i) {
        const auto others = static_cast<double>(probabilities_[i].size() - 1);
        if (probabilities_[i].maxCoeff() < 1.0 - 1.01 * others * margin(i))
            return false;
    }
    return true;
}

ChoiceModel::Choices ChoiceModel::draw(Rng& rng) const {
    Choices choices;
    for (const Eigen::VectorXd& each : probabilities_) {
        double left = rng.uniform();
        Eigen::Index choice = 0;
        while (choice + 1 < each.size() && left >= each[choice])
            left -= each[choice++];
        choices.push_back(choice);
    }
    return choices;
}

void ChoiceModel::update(std::span<const Choices> parents, const Eigen::VectorXd& weights) {
    double parameters = 0.0;
    for (const Eigen::VectorXd& p : probabilities_)
        parameters += static_cast<double>(p.size() - 1);
    // By chance alone a gradient has the length 1 / scale, on average.
    const double scale = std::sqrt(1.0 / weights.squaredNorm() / std::max(1.0, parameters));
    const double step = 1.0 / caution_;
    const double memory = 1.0 - step / std::sqrt(std::max(1.0, parameters));
    const double news = 1.0 - memory * memory;
    double path_squared = 0.0;
    for (std::size_t i = 0; i < size(); ++i) {
        Eigen::VectorXd& p = probabilities_[i];
        const Eigen::VectorXd gradient = natural_gradient(i, parents, weights);
        path_[i] =
            memory * path_[i] + std::sqrt(news) * scale * gradient.cwiseQuotient(p.cwiseSqrt());
        path_squared += path_[i].squaredNorm();
        p += std::min(1.0, step * scale) * gradient;
    }
    constexpr double kSignal = 1.5;
    path_weight_ = memory * memory * path_weight_ + news;
    caution_ *= std::exp((1.0 - memory) * (path_weight_ - path_squared / kSignal));
    caution_ = std::max(caution_, 1.0);
    keep_margins();
}

Eigen::VectorXd ChoiceModel::natural_gradient(std::size_t categorical,
                                              std::span<const Choices> parents,
                                              const Eigen::VectorXd& weights) const {
    const Eigen::VectorXd& p = probabilities_[categorical];
    Eigen::VectorXd gradient = Eigen::VectorXd::Zero(p.size());
    for (std::size_t k = 0; k < parents.size(); ++k) {
        const std::ptrdiff_t choice = parents[k][categorical];
        if (choice == kUnknown)
            continue;
        const double weight = weights[static_cast<Eigen::Index>(k)];
        gradient -= weight * p;
        gradient[choice] += weight;
    }
    return gradient;
}

void ChoiceModel::keep_margins() {
    for (std::size_t i = 0; i < size(); ++i) {
        Eigen::VectorXd& p = probabilities_[i];
        const double least = margin(i);
        p = p.cwiseMax(least);
        // What was added is taken from all by what they have above the least.
        const auto count = static_cast<double>(p.size());
        p += (1.0 - p.sum()) / (p.sum() - count * least) * (p.array() - least).matrix();
    }
}

}  // namespace parnas::search
