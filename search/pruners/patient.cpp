// SPDX-License-Identifier: Apache-2.0
#include "search/pruners/patient.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "search/inner_type.h"
#include "search/pruners/curves.h"

namespace parnas::search {
namespace {

class Patient final : public Pruner {
  public:
    Patient(PatientOptions options, const Objective& objective)
        : options_(std::move(options)), objective_(objective) {}

    std::optional<std::string> judge(const Curve& trial,
                                     std::span<const Curve> known) const override {
        const std::int64_t before = std::ssize(trial.points) - options_.patience - 1;
        if (before <= 0)
            return std::nullopt;
        const auto points = std::span(trial.points);
        const double best =
            best_of(points.first(static_cast<std::size_t>(before)), objective_.direction);
        const double latest =
            best_of(points.subspan(static_cast<std::size_t>(before)), objective_.direction);
        if (!std::isnan(latest) && !is_worse(objective_.direction, latest, tolerated(best)))
            return std::nullopt;
        if (options_.wrapped)
            return options_.wrapped->judge(trial, known);
        return fmt::format(
            "the best {} of the last {} reports, {:.6g}, is behind {:.6g}, the best "
            "before",
            objective_.metric,
            options_.patience + 1,
            latest,
            best);
    }

  private:
    // What is as good as `best`; NaN for NaN.
    double tolerated(double best) const {
        return objective_.direction == Direction::maximize ? best - options_.min_delta
                                                           : best + options_.min_delta;
    }

    PatientOptions options_;
    Objective objective_;
};

std::unique_ptr<Pruner> read_wrapped(ObjectReader& options,
                                     const Objective& objective,
                                     const Registry<PrunerFactory>& pruners) {
    const Json* json = options.find("wrapped");
    if (json == nullptr)
        return nullptr;
    ObjectReader reader(*json, options.pointer("wrapped"), options.faults());
    const std::string type = read_inner_type(reader, pruners.names(), "pruner that may be wrapped");
    if (type.empty())
        return nullptr;
    std::unique_ptr<Pruner> wrapped = pruners.find(type)(reader, objective);
    reader.finish();
    return wrapped;
}

}  // namespace

PatientOptions read_patient(ObjectReader& options,
                            const Objective& objective,
                            const Registry<PrunerFactory>& pruners) {
    return {.wrapped = read_wrapped(options, objective, pruners),
            .patience = options.integer("patience", {.low = 0}),
            .min_delta = options.real("min_delta", 0.0, {.low = 0.0})};
}

std::unique_ptr<Pruner> make_patient_pruner(PatientOptions options, const Objective& objective) {
    return std::make_unique<Patient>(std::move(options), objective);
}

}  // namespace parnas::search
