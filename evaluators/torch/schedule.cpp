// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace parnas::evaluators {

double learning_rate_factor(const ScheduleOptions& schedule, double epoch, double epochs) {
    // A run at low fidelity may be shorter than the warm-up: at most half of it is one.
    const double warmup = std::min(schedule.warmup_epochs, epochs / 2.0);
    if (epoch < warmup)
        return epoch / warmup;
    switch (schedule.kind) {
        case ScheduleKind::cosine: {
            const double share = std::min((epoch - warmup) / (epochs - warmup), 1.0);
            return 0.5 * (1.0 + std::cos(std::numbers::pi * share));
        }
        case ScheduleKind::step:
            return std::pow(schedule.gamma,
                            std::floor(epoch / static_cast<double>(schedule.step_epochs)));
        case ScheduleKind::constant:
            break;
    }
    return 1.0;
}

}  // namespace parnas::evaluators
