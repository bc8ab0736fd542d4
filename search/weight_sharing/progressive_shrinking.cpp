// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/progressive_shrinking.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "search/strategy_factory.h"

namespace parnas::search {
namespace {

// One step of a stage: train_ofa_net.py of mit-han-lab/once-for-all, lengths in its epochs.
struct StepPlan {
    double length;
    double lr;  // share of the stage's
};

struct StagePlan {
    std::string_view name;
    Role opens;  // none: nothing, the largest network alone is trained
    std::int64_t paths;
    double lr;                    // share of the job's
    std::vector<StepPlan> steps;  // the last opens all values
    std::optional<std::int64_t> epochs;
};

std::vector<StagePlan> paper_stages() {
    const std::vector<StepPlan> whole{{120.0, 1.0}};
    const std::vector<StepPlan> halves{{25.0, 1.0 / 3.0}, {120.0, 1.0}};
    return {{"full", Role::none, 1, 1.0, {{180.0, 1.0}}, {}},
            {"path", Role::path, 1, 1.0, whole, {}},
            {"kernel", Role::kernel, 1, 1.0, whole, {}},
            {"depth", Role::depth, 2, 0.25, halves, {}},
            {"width", Role::width, 4, 0.25, halves, {}}};
}

double length(const StagePlan& stage) {
    double sum = 0.0;
    for (const StepPlan& step : stage.steps)
        sum += step.length;
    return sum;
}

bool has_role(const std::vector<Role>& roles, Role role) {
    return std::ranges::find(roles, role) != roles.end();
}

// The upper half of the values, one more than half of them; all of what has no order.
std::vector<Value> upper_half(const spaces::Domain& domain) {
    std::vector<Value> values = by_size(domain);
    if (values.empty())
        return {};
    const std::size_t kept = std::min(values.size() / 2 + 1, values.size());
    values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(kept));
    return values;
}

// At the largest network's values, but for resolutions and what trains.
OpenValues only_largest(const spaces::SearchSpace& space, const std::vector<Role>& roles) {
    OpenValues open(roles.size());
    const Genotype largest = full_genotype(space);
    for (std::size_t p = 0; p < roles.size(); ++p)
        if (roles[p] != Role::resolution && roles[p] != Role::none)
            open[p] = {largest.values[p]};
    return open;
}

// What stands in `stages` for a stage that the space has.
void read_stage(ObjectReader& stages, StagePlan& stage, double lr) {
    const Json* json = stages.find(stage.name);
    if (json == nullptr)
        return;
    ObjectReader reader(*json, stages.pointer(stage.name), stages.faults());
    stage.epochs = reader.optional_integer(
        "epochs", {.low = static_cast<std::int64_t>(stage.steps.size()), .high = 100'000});
    if (const auto own = reader.optional_real("lr", {0.0, 1e6}))
        stage.lr = lr > 0.0 ? *own / lr : 0.0;
    if (stage.opens != Role::none)
        stage.paths = reader.integer("paths", stage.paths, {.low = 1, .high = 1024});
    reader.finish();
}

std::vector<StagePlan> read_stages(ObjectReader& options,
                                   const std::vector<Role>& roles,
                                   double lr) {
    std::vector<StagePlan> stages = paper_stages();
    std::erase_if(stages, [&](const StagePlan& stage) {
        return stage.opens != Role::none && !has_role(roles, stage.opens);
    });
    if (const Json* json = options.find("stages")) {
        ObjectReader reader(*json, options.pointer("stages"), options.faults());
        for (StagePlan& stage : stages)
            read_stage(reader, stage, lr);
        reader.finish();
    }
    return stages;
}

// Epochs of each step, at least one, in the proportions of the paper.
std::vector<std::int64_t> share_out(double epochs, const std::vector<StepPlan>& steps) {
    double sum = 0.0;
    for (const StepPlan& step : steps)
        sum += step.length;
    std::vector<std::int64_t> shares;
    double until = 0.0;
    std::int64_t given = 0;
    for (const StepPlan& step : steps) {
        until += epochs * step.length / sum;
        shares.push_back(std::max<std::int64_t>(1, std::llround(until) - given));
        given += shares.back();
    }
    return shares;
}

class Planner {
  public:
    Planner(const spaces::SearchSpace& space, const PathEpoch& settings, std::vector<Role> roles)
        : space_(space), epoch_(settings), roles_(std::move(roles)), lr_(settings.lr) {
        epoch_.open = only_largest(space_, roles_);
    }

    std::vector<PlannedEpoch> plan(const std::vector<StagePlan>& stages, double epochs) {
        double sum = 0.0;
        for (const StagePlan& stage : stages)
            sum += length(stage);
        for (const StagePlan& stage : stages)
            add(stage,
                stage.epochs ? static_cast<double>(*stage.epochs) : epochs * length(stage) / sum);
        return std::move(plan_);
    }

  private:
    void add(const StagePlan& stage, double epochs) {
        epoch_.paths = stage.paths;
        epoch_.distill = stage.opens == Role::none ? Distill::none : Distill::teacher;
        epoch_.take_teacher = plan_.size() > 0 && plan_.back().phase == "full";
        epoch_.sort_widths = stage.opens == Role::width;
        const std::vector<std::int64_t> shares = share_out(epochs, stage.steps);
        for (std::size_t step = 0; step < shares.size(); ++step) {
            const bool last = step + 1 == shares.size();
            open(stage.opens, last);
            const double lr = lr_ * stage.lr * stage.steps[step].lr;
            for (std::int64_t i = 0; i < shares[step]; ++i) {
                epoch_.lr = lr * cosine_share(i, shares[step]);
                epoch_.validate = last && i + 1 == shares[step];
                plan_.push_back({.phase = std::string(stage.name), .settings = epoch_});
                epoch_.take_teacher = false;
                epoch_.sort_widths = false;
            }
        }
    }

    void open(Role role, bool all) {
        for (std::size_t p = 0; p < roles_.size(); ++p)
            if (role != Role::none && roles_[p] == role)
                epoch_.open[p] = all ? std::vector<Value>{} : upper_half(space_.params()[p].domain);
    }

    const spaces::SearchSpace& space_;
    PathEpoch epoch_;  // the next one
    std::vector<Role> roles_;
    double lr_;
    std::vector<PlannedEpoch> plan_;
};

}  // namespace

std::unique_ptr<Strategy> make_progressive_shrinking(ObjectReader& options,
                                                     const SamplerSetup& setup,
                                                     const Registry<StrategyFactory>& searches) {
    need_template(options, setup.space);
    std::vector<Role> found = roles(setup.space);
    const std::int64_t epochs = options.integer("epochs", 60, {.low = 1, .high = 100'000});
    PathEpoch settings =
        read_path_training(options, {.label_smoothing = 0.1, .weight_decay = 3e-5, .clip = 5.0});
    settings.distill_weight = options.real("kd_weight", 1.0, {0.0, 1e3});
    const std::vector<StagePlan> stages = read_stages(options, found, settings.lr);
    std::unique_ptr<Strategy> search = make_inner_strategy(searches, options, "search", setup);
    if (!options.faults().empty())
        return nullptr;
    return make_path_search(
        Planner(setup.space, settings, std::move(found)).plan(stages, static_cast<double>(epochs)),
        std::move(search),
        setup.space);
}

}  // namespace parnas::search
