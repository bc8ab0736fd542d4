// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/torchscript.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evaluators/torch/torch.h"
// clang-format off: torch.h comes first
#include <torch/script.h>
// clang-format on

#include "core/error.h"
#include "evaluators/torch/export_example.h"
#include "evaluators/torch/script_module.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostCheckNumbers = 100'000;

Json to_json(const std::vector<at::Tensor>& tensors) {
    Json list = Json::array();
    for (const at::Tensor& each : tensors) {
        const at::Tensor flat = each.contiguous().view({-1});
        Json values = Json::array();
        for (std::int64_t i = 0; i < flat.numel(); ++i)
            if (flat.scalar_type() == at::kLong)
                values.push_back(flat.data_ptr<std::int64_t>()[i]);
            else
                values.push_back(flat.data_ptr<float>()[i]);
        list.push_back({{"shape", each.sizes().vec()}, {"values", std::move(values)}});
    }
    return list;
}

bool is_small(const Example& example) {
    std::int64_t numbers = 0;
    for (const auto* tensors : {&example.inputs, &example.outputs})
        for (const at::Tensor& each : *tensors)
            numbers += each.numel();
    return numbers <= kMostCheckNumbers;
}

std::vector<at::Tensor> to_tensors(const c10::IValue& value) {
    if (value.isTensor())
        return {value.toTensor()};
    std::vector<at::Tensor> tensors;
    for (const c10::IValue& each : value.toTupleRef().elements())
        tensors.push_back(each.toTensor());
    return tensors;
}

// How far the file's answers are from the network's.
struct Difference {
    double largest = 0.0;
    double allowed = 0.0;
};

Difference compare(const fs::path& file, const Example& example) {
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor>& expected = example.outputs;
    torch::jit::Module loaded = torch::jit::load(file.string());
    const std::vector<at::Tensor> found = to_tensors(
        loaded.forward(std::vector<c10::IValue>(example.inputs.begin(), example.inputs.end())));
    check(found.size() == expected.size(),
          "an exported network has as many outputs as the network");
    Difference difference;
    double largest_output = 0.0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        check(found[i].sizes() == expected[i].sizes(),
              "an exported network's outputs keep their shape");
        largest_output = std::max(largest_output, expected[i].abs().max().item<double>());
        const double largest = (found[i] - expected[i]).abs().max().item<double>();
        // A NaN is never the larger one; it must not pass.
        if (!(largest <= difference.largest))
            difference.largest = largest;
    }
    difference.allowed = kExportTolerance * (1.0 + largest_output);
    return difference;
}

class TorchScriptExporter final : public search::Exporter {
  public:
    search::ExportResult write(const search::ExportRequest& request,
                               const fs::path& path) const override {
        if (!request.weights)
            throw Error(ErrorKind::invalid_input,
                        "TorchScript needs trained weights, and this trial has none");
        TorchNetwork network(request.network, 0);
        const std::optional<InputScaling> scaling = load_bytes(*request.weights, network.weights());
        if (scaling)
            check_scaling(*scaling, request.network);
        const TrainedNetwork model{request.network, network, scaling};
        const torch::jit::Module module =
            make_script_module(request.network, network.weights(), scaling);
        const Example example = make_example(model, 2);
        torch::jit::ExtraFilesMap extra{{"parnas.json", request.description}};
        if (is_small(example))
            extra["parnas_check.json"] = dump_json(
                {{"inputs", to_json(example.inputs)}, {"outputs", to_json(example.outputs)}});

        const fs::path temporary = path.string() + fmt::format(".{}.part", ::getpid());
        try {
            save(module, extra, temporary);
            const Difference difference = compare(temporary, example);
            if (!(difference.largest <= difference.allowed))
                throw Error(
                    ErrorKind::internal,
                    fmt::format("the exported network's outputs differ by {}, allowed is {}",
                                difference.largest,
                                difference.allowed),
                    path.string());
            const std::uintmax_t bytes = fs::file_size(temporary);
            fs::rename(temporary, path);
            return {.bytes = bytes, .largest_difference = difference.largest};
        } catch (...) {
            std::error_code ignored;
            fs::remove(temporary, ignored);
            rethrow(path);
        }
    }

  private:
    static void save(const torch::jit::Module& module,
                     const torch::jit::ExtraFilesMap& extra,
                     const fs::path& file) {
        try {
            module.save(file.string(), extra);
        } catch (const c10::Error& error) {
            const std::string message = error.what_without_backtrace();
            throw Error(ErrorKind::unavailable,
                        "cannot write the file: " + message.substr(0, message.find('\n')),
                        file.string());
        }
    }

    [[noreturn]] static void rethrow(const fs::path& path) {
        try {
            throw;
        } catch (const fs::filesystem_error& error) {
            throw Error(ErrorKind::unavailable, error.code().message(), path.string());
        } catch (const c10::Error& error) {
            const std::string message = error.what_without_backtrace();
            throw Error(
                ErrorKind::internal,
                "the exported network does not run: " + message.substr(0, message.find('\n')),
                path.string());
        }
    }
};

}  // namespace

std::unique_ptr<search::Exporter> make_torchscript_exporter() {
    return std::make_unique<TorchScriptExporter>();
}

}  // namespace parnas::evaluators
