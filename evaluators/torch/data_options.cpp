// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/data_options.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evaluators/torch/device.h"
#include "search/weight_sharing/open_values.h"
#include "spaces/shapes.h"

namespace parnas::evaluators {
namespace {

struct DataOptions {
    SplitOptions split;
    bool normalize = true;
};

DataOptions read_data_options(ObjectReader& options) {
    DataOptions data;
    data.normalize = options.boolean("normalize", data.normalize);
    if (const Json* json = options.find("split")) {
        ObjectReader split(*json, options.pointer("split"), options.faults());
        data.split.validation = split.real("validation", data.split.validation, {0.01, 0.98});
        data.split.test = split.real("test", data.split.test, {0.0, 0.98});
        data.split.seed = static_cast<std::uint64_t>(split.integer("seed", 0, {0}));
        if (data.split.validation + data.split.test > 0.99)
            split.fault("validation", "validation and test leave nothing to train on");
        split.finish();
    }
    return data;
}

std::string identity_of(const DataOptions& options, const DataSet& data, at::Device device) {
    Json json{{"validation", options.split.validation},
              {"test", options.split.test},
              {"seed", options.split.seed},
              {"normalize", options.normalize},
              {"data", to_string(data.digest)},
              {"samples", data.size()}};
    if (!device.is_cpu())
        json["device"] = device.str();
    return dump_json(json);
}

// The shape that samples have when a network of the space reads them: where the space opens
// the resolution they are resized.
spaces::Shape shape_read(const spaces::SearchSpace& space,
                         const spaces::Network& network,
                         const TrainingData& data) {
    spaces::Shape shape = data.shape;
    const std::vector<search::Role> roles = search::roles(space);
    if (std::ranges::find(roles, search::Role::resolution) == roles.end() || shape.size() != 3 ||
        network.inputs[0].shape.size() != 3)
        return shape;
    std::copy_n(network.inputs[0].shape.begin() + 1, 2, shape.begin() + 1);
    return shape;
}

}  // namespace

std::optional<PreparedData> read_prepared_data(ObjectReader& options,
                                               const std::filesystem::path& base) {
    const DataOptions data_options = read_data_options(options);
    const at::Device device = read_device(options);
    const Json* json = options.need("data");
    if (json == nullptr)
        return std::nullopt;
    ObjectReader reader(*json, options.pointer("data"), options.faults());
    const DataSet data = read_data_set(reader, base);
    if (!options.faults().empty())
        return std::nullopt;
    const Split split = make_split(data, data_options.split);
    PreparedData prepared{
        .data = make_training_data(
            data, split, data_options.normalize ? Normalize::per_channel : Normalize::no),
        .device = device,
        .identity = identity_of(data_options, data, device)};
    move_to(prepared.data, device);
    return prepared;
}

std::optional<std::string> misfit(const spaces::SearchSpace& space,
                                  const spaces::Network& network,
                                  const TrainingData& data) {
    if (network.inputs.size() != 1 || network.inputs[0].dtype == spaces::DType::int64)
        return fmt::format(
            "the data needs a network with one input of numbers, this one has {} inputs{}",
            network.inputs.size(),
            network.inputs.size() == 1 ? " of integers" : "");
    if (network.inputs[0].shape != shape_read(space, network, data))
        return fmt::format("the network's input is {}, a sample of the data is {}",
                           spaces::to_string(network.inputs[0].shape, network.symbols),
                           spaces::to_string(data.shape));
    const std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
    for (const spaces::ValueId output : network.outputs)
        if (const auto& shape = shapes[static_cast<std::size_t>(output)];
            shape != spaces::Shape{data.classes})
            return fmt::format("an output of the network is {}, the data has {} classes",
                               spaces::to_string(shape, network.symbols),
                               data.classes);
    if (network.outputs.empty())
        return "the network has no output";
    return std::nullopt;
}

}  // namespace parnas::evaluators
