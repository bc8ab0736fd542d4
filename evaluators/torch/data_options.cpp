// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/data_options.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evaluators/torch/device.h"
#include "search/weight_sharing/open_values.h"
#include "spaces/overloaded.h"
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

// What a kind of data has of its own.
Json details_of(const DataSet& data) {
    return {{"samples", data.size()}};
}
Json details_of(const Series& series) {
    return {{"steps", series.steps()},
            {"window", series.window},
            {"horizon", series.horizon},
            {"stride", series.stride},
            {"targets", series.targets}};
}
Json details_of(const Text& text) {
    return {{"characters", text.symbols.size()}, {"length", text.length}};
}
Json details_of(const GraphData& graph) {
    return {{"nodes", graph.nodes}, {"edges", graph.from.size()}};
}

std::string identity_of(const DataOptions& options, const Data& data, at::Device device) {
    Json json{{"validation", options.split.validation},
              {"test", options.split.test},
              {"seed", options.split.seed},
              {"normalize", options.normalize},
              {"data", to_string(digest_of(data))}};
    json.update(std::visit([](const auto& each) { return details_of(each); }, data));
    if (!device.is_cpu())
        json["device"] = device.str();
    return dump_json(json);
}

// Faults for what `split` says and this kind of data does not have.
void check_split(const Data& data, ObjectReader& options) {
    const Json* split = options.find("split");
    if (split == nullptr || std::holds_alternative<DataSet>(data))
        return;
    if (std::holds_alternative<GraphData>(data))
        options.fault("split", "the file says which nodes are to train, validate and test");
    else if (split->contains("seed"))
        options.fault("split", "the parts follow one another in time; there is nothing to draw");
}

TrainingData make_data(const Data& data, const DataOptions& options) {
    const Normalize normalize = options.normalize ? Normalize::per_channel : Normalize::no;
    return std::visit(
        spaces::Overloaded{
            [&](const DataSet& set) {
                return make_training_data(set, make_split(set, options.split), normalize);
            },
            [&](const Series& series) {
                return make_training_data(series, options.split, normalize);
            },
            [&](const Text& text) { return make_training_data(text, options.split); },
            [&](const GraphData& graph) { return make_training_data(graph, normalize); },
        },
        data);
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

// Where a network's dimension is unknown, any size will do.
bool matches(const spaces::Shape& shape, const spaces::Shape& sizes) {
    return std::ranges::equal(
        shape, sizes, [](spaces::Dim dim, std::int64_t size) { return dim < 0 || dim == size; });
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
    const Data data = read_data(reader, base);
    check_split(data, options);
    if (!options.faults().empty())
        return std::nullopt;
    PreparedData prepared{.data = make_data(data, data_options),
                          .device = device,
                          .identity = identity_of(data_options, data, device)};
    move_to(prepared.data, device);
    return prepared;
}

std::optional<std::string> misfit(const spaces::SearchSpace& space,
                                  const spaces::Network& network,
                                  const TrainingData& data) {
    const bool graphs = data.task.kind == TaskKind::node_classification;
    const bool tokens = data.task.kind == TaskKind::next_token;
    const bool fits = network.inputs.size() == (graphs ? 2 : 1) &&
                      (network.inputs[0].dtype == spaces::DType::int64) == tokens &&
                      (!graphs || network.inputs[1].dtype == spaces::DType::int64);
    if (!fits)
        return fmt::format(
            "the data needs a network with {}, this one has {} inputs{}",
            graphs   ? "two inputs, features and edges of integers"
            : tokens ? "one input of integers"
                     : "one input of numbers",
            network.inputs.size(),
            !network.inputs.empty() && network.inputs[0].dtype == spaces::DType::int64
                ? " of integers"
                : "");
    if (!matches(network.inputs[0].shape, shape_read(space, network, data)))
        return fmt::format("the network's input is {}, a sample of the data is {}",
                           spaces::to_string(network.inputs[0].shape, network.symbols),
                           spaces::to_string(data.shape));
    if (graphs)
        if (const spaces::Shape edges{2, data.train.edges.size(2)};
            !matches(network.inputs[1].shape, edges))
            return fmt::format("the network's edges are {}, those of the data are {}",
                               spaces::to_string(network.inputs[1].shape, network.symbols),
                               spaces::to_string(edges));
    const std::vector<spaces::Shape> shapes = spaces::infer_shapes(network);
    for (const spaces::ValueId output : network.outputs)
        if (const auto& shape = shapes[static_cast<std::size_t>(output)];
            !matches(shape, data.task.output))
            return data.task.kind == TaskKind::classification
                       ? fmt::format("an output of the network is {}, the data has {} classes",
                                     spaces::to_string(shape, network.symbols),
                                     data.task.output.front())
                       : fmt::format("an output of the network is {}, the data's answers need {}",
                                     spaces::to_string(shape, network.symbols),
                                     spaces::to_string(data.task.output));
    if (network.outputs.empty())
        return "the network has no output";
    return std::nullopt;
}

}  // namespace parnas::evaluators
