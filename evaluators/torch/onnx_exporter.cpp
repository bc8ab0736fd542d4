// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/onnx_exporter.h"

#include <algorithm>
#include <map>

#include "core/draft_file.h"
#include "core/error.h"
#include "evaluators/torch/export_example.h"
#include "spaces/onnx/model.h"
#include "spaces/onnx/onnx.h"
#include "spaces/onnx/verify.h"

namespace parnas::evaluators {
namespace {

namespace onnx = spaces::onnx;

std::vector<float> floats(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// A network's own weights, by their names.
class TorchWeights final : public onnx::WeightValues {
  public:
    explicit TorchWeights(const Weights& weights) {
        for (const auto* group : {&weights.parameters(), &weights.statistics()})
            for (const NamedTensor& each : *group)
                tensors_.emplace(each.name, each.tensor.detach());
    }

    std::vector<float> values(const onnx::WeightRequest& request) override {
        const auto found = tensors_.find(request.name);
        check(found != tensors_.end(), "a network has the weights that its export asks for");
        check(found->second.sizes() == at::IntArrayRef(request.shape),
              "a network's weights have the shapes that its export asks for");
        return floats(found->second);
    }

  private:
    std::map<std::string, at::Tensor> tensors_;
};

std::vector<onnx::Tensor> to_tensors(const std::vector<at::Tensor>& tensors) {
    std::vector<onnx::Tensor> result;
    for (const at::Tensor& each : tensors) {
        onnx::Tensor tensor{.shape = each.sizes().vec(), .values = {}};
        if (each.scalar_type() == at::kLong) {
            const at::Tensor flat = each.contiguous();
            const auto* begin = flat.data_ptr<std::int64_t>();
            tensor.values = std::vector<std::int64_t>(begin, begin + flat.numel());
        } else {
            tensor.values = floats(each);
        }
        result.push_back(std::move(tensor));
    }
    return result;
}

onnx::OnnxModel make_model(const TrainedNetwork& trained, const search::ExportRequest& request) {
    onnx::OnnxOptions options{.fold_batch_norm = request.onnx.fold_batch_norm,
                              .batch = request.onnx.batch,
                              .opset = request.onnx.opset,
                              .scaling = {},
                              .metadata = {{"parnas", request.description}}};
    if (trained.scaling)
        options.scaling = onnx::Scaling{trained.scaling->mean, trained.scaling->deviation};
    TorchWeights weights(trained.torch.weights());
    return onnx::to_onnx(trained.network, weights, options);
}

class OnnxExporter final : public search::Exporter {
  public:
    search::ExportResult write(const search::ExportRequest& request,
                               const std::filesystem::path& path) const override {
        const search::OnnxSettings& settings = request.onnx;
        if (!request.weights && !settings.random_weights)
            throw Error(ErrorKind::invalid_input,
                        "this trial has no trained weights; --random-weights SEED writes it with "
                        "random ones");
        TorchNetwork network(request.network, settings.random_weights.value_or(0));
        std::optional<InputScaling> scaling;
        if (!settings.random_weights)
            scaling = load_bytes(*request.weights, network.weights());
        if (scaling)
            check_scaling(*scaling, request.network);
        const TrainedNetwork trained{request.network, network, scaling};
        const onnx::OnnxModel model = make_model(trained, request);
        search::ExportResult result = verify(trained, model, settings);

        const std::string bytes =
            model.bytes + onnx::metadata_bytes({{"parnas_check", onnx::to_text(result.verdicts)}});
        result.bytes = bytes.size();
        DraftFile draft(path);
        draft.write(bytes);
        draft.keep();
        return result;
    }

  private:
    static search::ExportResult verify(const TrainedNetwork& trained,
                                       const onnx::OnnxModel& model,
                                       const search::OnnxSettings& settings) {
        search::ExportResult result;
        for (const auto& engine : settings.engines) {
            const std::int64_t batch = settings.batch.value_or(engine->takes_any_batch() ? 2 : 1);
            const Example example = make_example(trained, batch);
            const onnx::KnownAnswer known{to_tensors(example.inputs), to_tensors(example.outputs)};
            result.verdicts.push_back(onnx::verify(*engine, model, known));
            if (const auto difference = result.verdicts.back().largest_difference)
                result.largest_difference =
                    std::max(result.largest_difference.value_or(0.0), *difference);
        }
        return result;
    }
};

}  // namespace

std::unique_ptr<search::Exporter> make_onnx_exporter() {
    return std::make_unique<OnnxExporter>();
}

}  // namespace parnas::evaluators
