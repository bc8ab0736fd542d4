// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/paths/path_phase.h"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/torch/supernet/paths/path_epoch.h"
#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "evaluators/torch/supernet/weights/sort_widths.h"
#include "evaluators/torch/supernet/weights/space_weights.h"

namespace parnas::evaluators {
namespace {

constexpr const char* kPathVelocity = "velocity/all";
constexpr const char* kTeacher = "teacher/";

search::PathEpoch read_epoch(const Json& settings, const spaces::SearchSpace& space) {
    Faults faults;
    ObjectReader reader(settings, "", faults);
    search::PathEpoch epoch = search::read_path_epoch(reader, space.params());
    reader.finish();
    faults.throw_if_any();
    return epoch;
}

// What goes on from epoch to epoch.
class PathState {
  public:
    PathState(const spaces::SearchSpace& space, Rng rng, at::Device device)
        : device_(device),
          networks_(covering_networks(space)),
          weights_(networks_, rng.fork("weights").next(), device),
          velocity_(at::zeros_like(weights_.weights().flat_parameters())) {}

    void load(std::string_view bytes) {
        const Checkpoint checkpoint = read_checkpoint(bytes);
        weights_.load(checkpoint.tensors);
        copy_tensor(checkpoint.tensors, {kPathVelocity, velocity_});
        std::vector<NamedTensor> taught;
        for (const NamedTensor& each : checkpoint.tensors)
            if (each.name.starts_with(kTeacher))
                taught.push_back(
                    {each.name.substr(std::string_view(kTeacher).size()), each.tensor});
        if (!taught.empty())
            load_teacher(taught);
    }

    // What epochs begin with.
    void prepare(const search::PathEpoch& epoch, const spaces::SearchSpace& space) {
        if (epoch.take_teacher)
            load_teacher(weights_.tensors());
        if (epoch.distill == search::Distill::teacher && !teacher_)
            throw Error(ErrorKind::invalid_input,
                        "there is no teacher: no epoch before took one",
                        "/distill");
        if (epoch.sort_widths) {
            sort_widths(open_network(space), weights_.weights());
            velocity_.zero_();  // that of other channels
        }
    }

    std::string to_bytes() const {
        Checkpoint checkpoint{.header = R"({"type":"paths"})", .tensors = weights_.tensors()};
        checkpoint.tensors.push_back({kPathVelocity, velocity_});
        if (teacher_)
            for (const NamedTensor& each : teacher_->tensors())
                checkpoint.tensors.push_back({kTeacher + each.name, each.tensor});
        return evaluators::to_bytes(checkpoint);
    }

    SharedWeights& weights() { return weights_; }
    const at::Tensor& velocity() const { return velocity_; }
    SharedWeights* teacher() { return teacher_.get(); }

  private:
    void load_teacher(std::span<const NamedTensor> tensors) {
        teacher_ = std::make_unique<SharedWeights>(networks_, 0, device_);
        teacher_->load(tensors);
    }

    at::Device device_;
    std::vector<spaces::Network> networks_;
    SharedWeights weights_;
    at::Tensor velocity_;
    std::unique_ptr<SharedWeights> teacher_;
};

}  // namespace

PhaseOutcome run_path_phase(const Phase& phase,
                            const Json& settings,
                            const PhaseParts& parts,
                            const PhaseContext& context) {
    const search::PathEpoch epoch = read_epoch(settings, context.space);
    PathState state(context.space, Rng(context.seed), parts.data.train.inputs.device());
    if (phase.warm_start)
        state.load(context.load(*phase.warm_start));
    state.prepare(epoch, context.space);
    std::variant<Metrics, Failure> trained = train_paths(
        epoch, state.teacher(), make_epoch_run(parts, context, state.weights(), state.velocity()));
    if (auto* failure = std::get_if<Failure>(&trained))
        return std::move(*failure);
    context.save_checkpoint(state.to_bytes());
    return PhaseResult{.metrics = std::get<Metrics>(std::move(trained))};
}

}  // namespace parnas::evaluators
