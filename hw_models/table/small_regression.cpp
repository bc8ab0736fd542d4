// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/small_regression.h"

#include <limits>
#include <vector>

#include <Eigen/Dense>

#include "core/error.h"

namespace parnas::hw_models {

Eigen::VectorXd fit_small_non_negative(const Eigen::MatrixXd& rows,
                                       const Eigen::VectorXd& weights) {
    check(rows.cols() >= 1 && rows.cols() <= 6, "few columns are fitted by all their sets");
    const Eigen::VectorXd roots = weights.cwiseSqrt();
    // Columns of length 1: the units differ by many orders of magnitude.
    const Eigen::VectorXd lengths = rows.colwise().norm().cwiseMax(1e-300);
    Eigen::VectorXd best = Eigen::VectorXd::Zero(rows.cols());
    double least = std::numeric_limits<double>::infinity();
    for (unsigned set = 1; set < 1U << rows.cols(); ++set) {
        std::vector<Eigen::Index> columns;
        for (Eigen::Index i = 0; i < rows.cols(); ++i)
            if ((set >> i & 1U) != 0)
                columns.push_back(i);
        Eigen::MatrixXd chosen(rows.rows(), static_cast<Eigen::Index>(columns.size()));
        for (std::size_t i = 0; i < columns.size(); ++i)
            chosen.col(static_cast<Eigen::Index>(i)) =
                rows.col(columns[i]).cwiseProduct(roots) / lengths[columns[i]];
        const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(chosen);
        if (solver.rank() < chosen.cols())
            continue;
        const Eigen::VectorXd solution = solver.solve(roots);
        const double loss = (chosen * solution - roots).squaredNorm();
        if (solution.minCoeff() < 0.0 || loss >= least)
            continue;
        least = loss;
        best.setZero();
        for (std::size_t i = 0; i < columns.size(); ++i)
            best[columns[i]] = solution[static_cast<Eigen::Index>(i)] / lengths[columns[i]];
    }
    return best;
}

}  // namespace parnas::hw_models
