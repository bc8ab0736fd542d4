// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "search/pareto.h"
#include "search/terminators/terminators.h"
#include "search/terminators/yield.h"

namespace parnas::search {
namespace {

// Of one objective none is needed. Adds a fault where several have none.
std::vector<double> reference_of(ObjectReader& options, const TerminatorSetup& setup) {
    if (setup.objectives.size() == 1)
        return {};
    if (!setup.hypervolume_reference) {
        options.fault("",
                      "with several objectives progress is that of the hypervolume: expected the "
                      "job to have a 'hypervolume_reference'");
        return {};
    }
    return minimised(setup.objectives, *setup.hypervolume_reference);
}

std::string progress_of(const TerminatorSetup& setup) {
    return setup.objectives.size() == 1 ? "best " + setup.objectives[0].metric : "hypervolume";
}

class Stagnation final : public Terminator {
  public:
    Stagnation(std::size_t patience,
               double min_delta,
               std::vector<double> reference,
               std::string progress)
        : patience_(patience),
          min_delta_(min_delta),
          reference_(std::move(reference)),
          progress_(std::move(progress)) {}

    void tell(const Trial& trial) override {
        if (trial.stage != Stage::search || trial.fidelity < 1.0)
            return;
        ++trials_;
        if (trial.state != TrialState::complete || trial.violation > 0.0 ||
            !front_.insert(trial.number, trial.objectives).entered)
            return;
        const double worth =
            reference_.empty() ? -trial.objectives[0] : hypervolume(front_.points(), reference_);
        if (worth > worth_ + min_delta_) {
            worth_ = worth;
            risen_at_ = trials_;
        }
    }

    std::optional<std::string> verdict() override {
        if (!looks_after(trials_) || trials_ - risen_at_ < patience_)
            return std::nullopt;
        return fmt::format("stagnation: the {} was not improved{} in the last {} trials",
                           progress_,
                           min_delta_ > 0.0 ? fmt::format(" by more than {}", min_delta_) : "",
                           trials_ - risen_at_);
    }

  private:
    std::size_t patience_;
    double min_delta_;
    std::vector<double> reference_;
    std::string progress_;
    ParetoArchive front_;
    std::size_t trials_ = 0;
    std::size_t risen_at_ = 0;
    double worth_ = -std::numeric_limits<double>::infinity();
};

class LittleGain final : public Terminator {
  public:
    LittleGain(double below,
               std::size_t more,
               std::vector<double> reference,
               const TerminatorSetup& setup)
        : below_(below),
          more_(more),
          reference_(std::move(reference)),
          progress_(progress_of(setup)),
          seed_(setup.seed),
          yield_(setup.objectives.size()) {}

    void tell(const Trial& trial) override { yield_.add(trial); }

    std::optional<std::string> verdict() override {
        if (!looks_after(yield_.trials()))
            return std::nullopt;
        const std::optional<ExpectedGain> expected =
            expected_gain(yield_, reference_, more_, seed_);
        if (!expected || expected->high >= below_)
            return std::nullopt;
        return fmt::format(
            "expected gain: {} more trials would improve the {} by {:.3g} ({:.3g} to {:.3g}), "
            "below {:.3g}",
            more_,
            progress_,
            expected->gain,
            expected->low,
            expected->high,
            below_);
    }

  private:
    double below_;
    std::size_t more_;
    std::vector<double> reference_;
    std::string progress_;
    std::uint64_t seed_;
    Yield yield_;
};

std::size_t read_trials(ObjectReader& options) {
    return static_cast<std::size_t>(options.integer("trials", 50, {.low = 1, .high = 1'000'000}));
}

}  // namespace

std::unique_ptr<Terminator> make_stagnation(ObjectReader& options, const TerminatorSetup& setup) {
    return std::make_unique<Stagnation>(read_trials(options),
                                        options.real("min_delta", 0.0, {.low = 0.0}),
                                        reference_of(options, setup),
                                        progress_of(setup));
}

std::unique_ptr<Terminator> make_expected_gain(ObjectReader& options,
                                               const TerminatorSetup& setup) {
    return std::make_unique<LittleGain>(options.real("below", {.low = 0.0}),
                                        read_trials(options),
                                        reference_of(options, setup),
                                        setup);
}

}  // namespace parnas::search
