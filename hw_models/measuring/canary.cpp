// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/canary.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <Eigen/Core>

namespace parnas::hw_models {

std::function<void()> canary_work() {
    struct Matrices {
        Eigen::MatrixXf a = Eigen::MatrixXf::Constant(256, 256, 0.5F);
        Eigen::MatrixXf b = Eigen::MatrixXf::Constant(256, 256, 0.25F);
        Eigen::MatrixXf product = Eigen::MatrixXf::Zero(256, 256);
    };
    return [matrices = std::make_shared<Matrices>()] {
        matrices->product.noalias() = matrices->a * matrices->b;
    };
}

Canary::Canary(Instruments& instruments, std::function<void()> work, Options options)
    : instruments_(instruments), work_(std::move(work)), options_(options) {}

bool Canary::calm() {
    if (!baseline_) {
        work_();  // its memory is touched for the first time
        baseline_ = std::min({time(), time(), time()});
    }
    const Seconds now = time();
    pace_ = now / *baseline_;
    if (pace_ < 1.0 - options_.tolerance)
        baseline_ = now;
    return std::abs(pace_ - 1.0) <= options_.tolerance;
}

Seconds Canary::time() {
    const Seconds start = instruments_.now();
    for (int i = 0; i < options_.runs; ++i)
        work_();
    return instruments_.now() - start;
}

}  // namespace parnas::hw_models
