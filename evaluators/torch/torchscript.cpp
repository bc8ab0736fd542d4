// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/torchscript.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "evaluators/torch/torch.h"
// clang-format off: torch.h comes first
#include <torch/script.h>
// clang-format on

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/torchscript_source.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr double kTolerance = 1e-4;

torch::jit::Module make_module(const spaces::Network& network, const Weights& weights) {
    std::set<std::string> names;
    for (const NamedTensor& each : weights.parameters())
        names.insert(each.name);
    for (const NamedTensor& each : weights.statistics())
        names.insert(each.name);
    const Attributes attributes = make_attributes(names);

    torch::jit::Module module("__torch__.parnas.Network");
    // Clones: a part of the flat tensor would take the whole of it into the file.
    for (const NamedTensor& each : weights.parameters())
        module.register_parameter(
            attributes.at(each.name), each.tensor.detach().clone().set_requires_grad(true), false);
    for (const NamedTensor& each : weights.statistics())
        module.register_buffer(attributes.at(each.name), each.tensor.clone());
    module.define(torchscript_source(network, attributes));
    module.eval();
    return module;
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

Difference compare(const fs::path& file, const spaces::Network& network, TorchNetwork& model) {
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor> inputs =
        random_inputs(network, {.batch = 2, .symbol_size = 5}, 0);
    const std::vector<at::Tensor> expected = model.forward(inputs, Pass{});
    torch::jit::Module loaded = torch::jit::load(file.string());
    const std::vector<at::Tensor> found =
        to_tensors(loaded.forward(std::vector<c10::IValue>(inputs.begin(), inputs.end())));
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
    difference.allowed = kTolerance * (1.0 + largest_output);
    return difference;
}

class TorchScriptExporter final : public search::Exporter {
  public:
    search::ExportResult write(const search::ExportRequest& request,
                               const fs::path& path) const override {
        if (!request.weights)
            throw Error(ErrorKind::invalid_input,
                        "TorchScript needs trained weights, and this trial has none");
        TorchNetwork model(request.network, 0);
        load_bytes(*request.weights, model.weights());
        const torch::jit::Module module = make_module(request.network, model.weights());

        const fs::path temporary = path.string() + fmt::format(".{}.part", ::getpid());
        try {
            save(module, request.description, temporary);
            const Difference difference = compare(temporary, request.network, model);
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
                     const std::string& description,
                     const fs::path& file) {
        try {
            module.save(file.string(), {{"parnas.json", description}});
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
