// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/canary.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

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

Seconds Canary::look() {
    if (baseline_ == Seconds{0})
        settle();
    return time();
}

void Canary::settle() {
    constexpr std::size_t kLooks = 50;
    constexpr Seconds kApart{0.02};
    work_();  // its memory is touched for the first time
    std::vector<Seconds> looks;
    while (looks.size() < kLooks) {
        looks.push_back(time());
        instruments_.wait(kApart);
    }
    const auto fifth = looks.begin() + kLooks / 5;
    std::ranges::nth_element(looks, fifth);
    baseline_ = *fifth;
}

bool Canary::calm(Seconds look) const {
    return std::abs(look / baseline_ - 1.0) <= options_.tolerance;
}

Seconds Canary::time() {
    const Seconds start = instruments_.now();
    work_();
    return std::max(instruments_.now() - start, Seconds{1e-9});
}

}  // namespace parnas::hw_models
