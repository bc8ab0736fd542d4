// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/additive_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

using spaces::ParamIndex;
using Kind = spaces::Strength::Kind;

constexpr double kRidge = 1e-6;  // per sample; the columns are 0 or 1

// Numbers the options of open choices, after 0 for the constant.
class Columns {
  public:
    Columns(std::span<const spaces::Param> params, const OpenChoices& open)
        : params_(params), open_(open), first_(params.size(), 0) {
        for (const OpenChoice& choice : open.choices) {
            first_[choice.param] = count_;
            count_ += static_cast<Eigen::Index>(choice.is_none.size());
        }
    }

    Eigen::Index count() const { return count_; }

    Eigen::RowVectorXd row(const Genotype& genotype) const {
        Eigen::RowVectorXd row = Eigen::RowVectorXd::Zero(count_);
        row[0] = 1.0;
        const std::vector<bool> is_active = spaces::active(params_, genotype);
        for (const OpenChoice& choice : open_.choices)
            if (is_active[choice.param])
                row[first_[choice.param] +
                    static_cast<Eigen::Index>(chosen(genotype, choice.param))] = 1.0;
        return row;
    }

    std::vector<std::vector<double>> by_param(const Eigen::VectorXd& solution) const {
        std::vector<std::vector<double>> options(params_.size());
        for (const OpenChoice& choice : open_.choices) {
            const double* begin = solution.data() + first_[choice.param];
            options[choice.param].assign(begin, begin + choice.is_none.size());
        }
        return options;
    }

  private:
    std::span<const spaces::Param> params_;
    const OpenChoices& open_;
    std::vector<Eigen::Index> first_;  // by parameter
    Eigen::Index count_ = 1;
};

// The values that the fit to all others would give for each sample.
struct Fit {
    Eigen::VectorXd solution;
    Eigen::VectorXd left_out;
};

Fit least_squares(const Eigen::MatrixXd& rows, const Eigen::VectorXd& values) {
    Eigen::MatrixXd normal = rows.transpose() * rows;
    normal.diagonal().tail(normal.rows() - 1).array() += kRidge * static_cast<double>(rows.rows());
    const Eigen::LDLT<Eigen::MatrixXd> factor(normal);
    Fit fit{.solution = factor.solve(rows.transpose() * values)};
    const Eigen::VectorXd leverage =
        (rows.array() * factor.solve(rows.transpose()).transpose().array()).rowwise().sum();
    const Eigen::VectorXd residual = values - rows * fit.solution;
    fit.left_out = values.array() - residual.array() / (1.0 - leverage.array()).max(kRidge);
    return fit;
}

double explained(const Eigen::VectorXd& values, const Eigen::VectorXd& predicted) {
    const double total = (values.array() - values.mean()).square().sum();
    return 1.0 - (values - predicted).squaredNorm() / total;
}

std::optional<std::size_t> index_of(const Architecture& architecture, Kind kind, ParamIndex param) {
    const auto& all = architecture.strengths;
    const auto found = std::ranges::find_if(all, [&](const StrengthValues& each) {
        return each.strength.kind == kind && each.strength.param == param;
    });
    if (found == all.end())
        return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

// Finds what the terms of a choice hang on.
class Conditions {
  public:
    Conditions(std::span<const spaces::Param> params,
               const OpenChoices& open,
               const Architecture& architecture,
               EdgeWeights edges)
        : params_(params), open_(open), architecture_(architecture), edges_(edges) {}

    void add_to(ExpectedCost::Term& term, ParamIndex param) const {
        for (auto condition = params_[param].condition; condition;
             condition = params_[condition->parent].condition) {
            const auto* set = std::get_if<spaces::ChoiceSet>(&condition->active);
            const auto node = std::ranges::find(open_.nodes, condition->parent, &OpenNode::inputs);
            if (set != nullptr && node != open_.nodes.end())
                add_edge(term, *node, *set);
            else if (set != nullptr)
                add_options(term, condition->parent, *set);
        }
    }

  private:
    // `having`: the subsets that have the edge. The weights of a node's edges sum to 1, of which
    // it takes as many as a subset has.
    void add_edge(ExpectedCost::Term& term,
                  const OpenNode& node,
                  const spaces::ChoiceSet& having) const {
        const auto strength = index_of(architecture_, Kind::edges, node.inputs);
        if (edges_ == EdgeWeights::none || !strength) {
            term.share *= static_cast<double>(having.indices.size()) /
                          static_cast<double>(node.subsets.size());
            return;
        }
        for (std::size_t edge = 0; edge < node.choices.size(); ++edge)
            if (is_in_all(node, having, edge)) {
                term.share *= static_cast<double>(node.subsets.front().size());
                term.factors.push_back({.strength = *strength, .entries = {edge}});
                return;
            }
    }

    static bool is_in_all(const OpenNode& node,
                          const spaces::ChoiceSet& subsets,
                          std::size_t edge) {
        return std::ranges::all_of(subsets.indices, [&](std::int64_t index) {
            const auto& subset = node.subsets[static_cast<std::size_t>(index)];
            return std::ranges::find(subset, edge) != subset.end();
        });
    }

    void add_options(ExpectedCost::Term& term,
                     ParamIndex parent,
                     const spaces::ChoiceSet& options) const {
        const auto strength = index_of(architecture_, Kind::options, parent);
        if (!strength)
            return;
        ExpectedCost::Factor factor{.strength = *strength};
        const auto& entries = architecture_.strengths[*strength].strength.entries;
        for (std::size_t i = 0; i < entries.size(); ++i)
            if (std::ranges::find(options.indices, static_cast<std::int64_t>(entries[i])) !=
                options.indices.end())
                factor.entries.push_back(i);
        term.factors.push_back(std::move(factor));
    }

    std::span<const spaces::Param> params_;
    const OpenChoices& open_;
    const Architecture& architecture_;
    EdgeWeights edges_;
};

}  // namespace

std::optional<AdditiveCost> fit_additive_cost(std::string metric,
                                              const spaces::SearchSpace& space,
                                              const OpenChoices& open,
                                              std::span<const CostSample> samples) {
    const auto differs = [&](const CostSample& each) {
        return each.value != samples.front().value;
    };
    if (std::ranges::none_of(samples, differs))
        return std::nullopt;
    const Columns columns(space.params(), open);
    const auto count = static_cast<Eigen::Index>(samples.size());
    Eigen::MatrixXd rows(count, columns.count());
    Eigen::VectorXd values(count);
    for (Eigen::Index i = 0; i < count; ++i) {
        rows.row(i) = columns.row(samples[static_cast<std::size_t>(i)].genotype);
        values[i] = samples[static_cast<std::size_t>(i)].value;
    }
    Fit fit = least_squares(rows, values);
    AdditiveCost cost{.metric = std::move(metric), .r2 = explained(values, fit.left_out)};
    if (values.minCoeff() > 0.0) {
        Fit logarithmic = least_squares(rows, values.array().log());
        const double r2 = explained(values, logarithmic.left_out.array().exp());
        if (r2 > cost.r2) {
            cost.logarithmic = true;
            cost.r2 = r2;
            fit = std::move(logarithmic);
        }
    }
    cost.constant = fit.solution[0];
    cost.options = columns.by_param(fit.solution);
    return cost;
}

double predict(const AdditiveCost& cost,
               std::span<const spaces::Param> params,
               const Genotype& genotype) {
    const std::vector<bool> is_active = spaces::active(params, genotype);
    double sum = cost.constant;
    for (ParamIndex param = 0; param < cost.options.size(); ++param)
        if (is_active[param] && !cost.options[param].empty())
            sum += cost.options[param][chosen(genotype, param)];
    return cost.logarithmic ? std::exp(sum) : sum;
}

ExpectedCost expected_cost(const AdditiveCost& cost,
                           std::span<const spaces::Param> params,
                           const OpenChoices& open,
                           const Architecture& architecture,
                           EdgeWeights edges) {
    const Conditions conditions(params, open, architecture, edges);
    ExpectedCost expected{.logarithmic = cost.logarithmic, .constant = cost.constant};
    for (std::size_t i = 0; i < architecture.strengths.size(); ++i) {
        const spaces::Strength& strength = architecture.strengths[i].strength;
        if (strength.kind != Kind::options)
            continue;
        ExpectedCost::Term term{.strength = i};
        for (const std::size_t option : strength.entries)
            term.coefficients.push_back(cost.options[strength.param][option]);
        conditions.add_to(term, strength.param);
        expected.terms.push_back(std::move(term));
    }
    return expected;
}

double sum_of(const ExpectedCost& cost, const std::vector<std::vector<double>>& weights) {
    double sum = cost.constant;
    for (const ExpectedCost::Term& term : cost.terms) {
        double value = 0.0;
        for (std::size_t i = 0; i < term.coefficients.size(); ++i)
            value += weights[term.strength][i] * term.coefficients[i];
        for (const ExpectedCost::Factor& factor : term.factors) {
            double weight = 0.0;
            for (const std::size_t entry : factor.entries)
                weight += weights[factor.strength][entry];
            value *= weight;
        }
        sum += term.share * value;
    }
    return sum;
}

double value_of(const ExpectedCost& cost, double sum) {
    return cost.logarithmic ? std::exp(sum) : sum;
}

Json to_json(const AdditiveCost& cost) {
    return {{"metric", cost.metric},
            {"logarithmic", cost.logarithmic},
            {"constant", cost.constant},
            {"options", cost.options},
            {"r2", cost.r2}};
}

AdditiveCost additive_cost_from_json(const Json& json) {
    try {
        return {.metric = json.at("metric"),
                .logarithmic = json.at("logarithmic"),
                .constant = json.at("constant"),
                .options = json.at("options"),
                .r2 = json.at("r2")};
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::damaged, std::string("no additive cost: ") + error.what());
    }
}

}  // namespace parnas::search
