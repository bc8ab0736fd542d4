// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/graph.h"

#include <utility>

#include <fmt/format.h>

namespace parnas::spaces::onnx {

std::string Graph::unique_name(const std::string& wanted) {
    std::string name = wanted;
    for (int i = 2; !taken_.insert(name).second; ++i)
        name = fmt::format("{}_{}", wanted, i);
    return name;
}

std::string Graph::add(std::string type, std::vector<std::string> inputs, Attributes attributes) {
    std::string output = unique_name(node_ + "/" + type);
    model_.operators.push_back({.type = std::move(type),
                                .inputs = std::move(inputs),
                                .output = output,
                                .attributes = std::move(attributes)});
    return output;
}

std::string Graph::integers(std::vector<std::int64_t> values) {
    std::string name = unique_name(node_ + "/integers");
    const auto size = static_cast<std::int64_t>(values.size());
    model_.constants.push_back({.name = name, .shape = {size}, .values = std::move(values)});
    return name;
}

std::string Graph::integer(std::int64_t value) {
    std::string name = unique_name(node_ + "/integer");
    model_.constants.push_back({.name = name, .shape = {}, .values = std::vector{value}});
    return name;
}

std::string Graph::number(float value) {
    std::string name = unique_name(node_ + "/number");
    model_.constants.push_back({.name = name, .shape = {}, .values = std::vector{value}});
    return name;
}

std::string Graph::tensor(std::string_view name,
                          std::vector<std::int64_t> shape,
                          std::vector<float> values) {
    std::string unique = unique_name(fmt::format("{}.{}", node_, name));
    model_.constants.push_back(
        {.name = unique, .shape = std::move(shape), .values = std::move(values)});
    return unique;
}

std::vector<float> Graph::weight_values(std::string_view name,
                                        const std::vector<std::int64_t>& shape,
                                        WeightRole role) {
    return weights_.values(
        {.name = fmt::format("{}.{}", node_, name), .shape = shape, .role = role});
}

std::string Graph::weight(std::string_view name,
                          const std::vector<std::int64_t>& shape,
                          WeightRole role) {
    return tensor(name, shape, weight_values(name, shape, role));
}

std::string Graph::finish(const std::string& value) {
    if (model_.operators.size() == first_ || model_.operators.back().output != value)
        return value;
    return model_.operators.back().output = unique_name(node_);
}

}  // namespace parnas::spaces::onnx
