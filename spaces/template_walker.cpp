// SPDX-License-Identifier: Apache-2.0
#include "spaces/template_walker.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "spaces/custom_op.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

bool takes_several(const Block& block) {
    return std::holds_alternative<Layer>(block.kind) || std::holds_alternative<Cell>(block.kind);
}

Scalar evaluate_at(const std::string& path, const Expression& expression, const Bindings& bound) {
    if (const auto* literal = std::get_if<Scalar>(&expression.kind()))
        return *literal;
    try {
        return evaluate(expression, bound);
    } catch (const Error& error) {
        refuse_node(path, error.what());
    }
}

}  // namespace

Network TemplateWalker::run() {
    for (const TemplateInput& input : blueprint_->inputs)
        named_[input.name] = add_input(input);
    const ValueId last = emit(blueprint_->body, 0);
    for (const ValueId output : outputs_)
        if (output != last)
            builder_.add_output(output);
    builder_.add_output(last);
    Network network = builder_.take();
    network.symbols = symbols_;
    return network;
}

Bindings TemplateWalker::bindings(std::optional<std::int64_t> same) const {
    return {.param =
                [this](ParamIndex index) {
                    return to_scalar(params_[index].domain, genotype_->values[index]);
                },
            .same = same};
}

ValueId TemplateWalker::add_input(const TemplateInput& input) {
    Input result{.name = input.name, .dtype = input.dtype};
    for (const Expression& dim : input.shape) {
        const Scalar value = evaluate_at("input." + input.name, dim, bindings(std::nullopt));
        if (const auto* size = std::get_if<std::int64_t>(&value); size != nullptr && *size > 0)
            result.shape.push_back(*size);
        else if (const auto* symbol = std::get_if<std::string>(&value))
            result.shape.push_back(-1 - symbol_index(*symbol));
        else
            refuse_node(
                "input." + input.name,
                "a dimension is a positive integer or a name, got " + parnas::to_string(value));
    }
    return builder_.add_input(std::move(result));
}

std::int64_t TemplateWalker::symbol_index(const std::string& symbol) {
    const auto found = std::ranges::find(symbols_, symbol);
    const auto index = found - symbols_.begin();
    if (found == symbols_.end())
        symbols_.push_back(symbol);
    return index;
}

ValueId TemplateWalker::emit(const Block& block, ValueId value, const Shape* wanted) {
    std::vector<ValueId> inputs{value};
    if (!block.from.empty())
        inputs = named(block);
    if (inputs.size() > 1 && !takes_several(block))
        refuse_node(block.path, fmt::format("takes one input, got {}", inputs.size()));
    const bool reshapes = wanted != nullptr && *wanted != builder_.shape(inputs.front());
    const ValueId result =
        reshapes
            ? project(block.path, inputs.front(), *wanted)
            : std::visit([&](const auto& kind) { return emit(kind, block, inputs); }, block.kind);
    if (!block.name.empty())
        named_[block.name] = result;
    if (!block.output.empty()) {
        named_[block.output] = result;
        outputs_.push_back(result);
    }
    return result;
}

std::vector<ValueId> TemplateWalker::named(const Block& block) const {
    std::vector<ValueId> values;
    for (const std::string& name : block.from) {
        const auto found = named_.find(name);
        if (found == named_.end())
            refuse_node(block.path,
                        fmt::format("`from` names '{}', and no block before it has that name "
                                    "(or it was not chosen)",
                                    name));
        values.push_back(found->second);
    }
    return values;
}

ValueId TemplateWalker::emit(const Layer& layer,
                             const Block& block,
                             const std::vector<ValueId>& inputs) {
    const LayerType& type = *layer.type;
    if (inputs.size() < type.least_inputs || inputs.size() > type.most_inputs)
        refuse_node(block.path,
                    fmt::format("{} takes {} to {} inputs, got {}",
                                type.name,
                                type.least_inputs,
                                type.most_inputs,
                                inputs.size()));
    const Bindings bound = bindings(builder_.channels(inputs.front()));
    std::vector<Scalar> values;
    values.reserve(layer.attributes.size());
    for (std::size_t i = 0; i < layer.attributes.size(); ++i) {
        values.push_back(evaluate_at(block.path, layer.attributes[i], bound));
        if (!fits(type.attributes[i], values.back()))
            refuse_node(block.path,
                        fmt::format("'{}' is {}, expected {}",
                                    type.attributes[i].name,
                                    parnas::to_string(values.back()),
                                    expectation(type.attributes[i])));
    }
    if (layer.custom)
        return builder_.add(block.path, make_custom(layer.custom, values), inputs);
    return type.emit(
        {.builder = builder_, .path = block.path, .inputs = inputs, .classes = blueprint_->classes},
        AttributeValues(type.attributes, values));
}

ValueId TemplateWalker::emit(const Sequence& sequence,
                             const Block&,
                             const std::vector<ValueId>& inputs) {
    ValueId value = inputs.front();
    for (const Block& block : sequence.blocks)
        value = emit(block, value);
    return value;
}

ValueId TemplateWalker::emit(const Choice& choice,
                             const Block& block,
                             const std::vector<ValueId>& inputs) {
    return emit_choice(choice, block, inputs.front());
}

ValueId TemplateWalker::emit_choice(const Choice& choice, const Block&, ValueId input) {
    return emit_option(choice, chosen(choice.param), input);
}

std::size_t TemplateWalker::chosen(ParamIndex param) const {
    return static_cast<std::size_t>(std::get<std::int64_t>(genotype_->values[param]));
}

// An identity that is to project takes the shape of the first block beside it that is
// no such identity.
ValueId TemplateWalker::emit_option(const Choice& choice, std::size_t chosen, ValueId input) {
    const Block& option = choice.options[chosen];
    const Block* other = projects(option) ? first_without_projection(choice.options) : nullptr;
    if (other == nullptr)
        return emit(option, input);
    const Shape wanted = shape_after([&] { return emit(*other, input); });
    return emit(option, input, &wanted);
}

Shape TemplateWalker::shape_of_option(const Choice& choice, std::size_t chosen, ValueId input) {
    return shape_after([&] { return emit_option(choice, chosen, input); });
}

bool TemplateWalker::projects(const Block& block) const {
    const auto* layer = std::get_if<Layer>(&block.kind);
    return layer != nullptr && layer->type->name == "identity" &&
           evaluate_at(block.path, layer->attributes.front(), bindings(std::nullopt)) ==
               Scalar(true);
}

const Block* TemplateWalker::first_without_projection(const std::vector<Block>& blocks) const {
    const auto found =
        std::ranges::find_if(blocks, [this](const Block& each) { return !projects(each); });
    return found == blocks.end() ? nullptr : &*found;
}

// The shape of what `emit_value` adds, all of which is taken back.
template <typename Emit>
Shape TemplateWalker::shape_after(const Emit& emit_value) {
    const std::size_t nodes = builder_.node_count();
    const auto named = named_;
    const auto outputs = outputs_;
    const auto cell_before = cell_before_;
    const bool probing = std::exchange(probing_, true);
    const auto restore = [&] {
        builder_.rewind(nodes);
        named_ = named;
        outputs_ = outputs;
        cell_before_ = cell_before;
        probing_ = probing;
    };
    try {
        Shape shape = builder_.shape(emit_value());
        restore();
        return shape;
    } catch (...) {
        restore();
        throw;
    }
}

ValueId TemplateWalker::project(const std::string& path, ValueId value, const Shape& wanted) {
    const Shape& have = builder_.shape(value);
    if (have.size() != 3 || wanted.size() != 3) {
        if (have.size() != wanted.size())
            refuse_node(path,
                        fmt::format("cannot project {} to {}", to_string(have), to_string(wanted)));
        return builder_.add(
            path + ".project", Linear{.out = wanted.back(), .bias = false}, {value});
    }
    const auto stride = [&](std::size_t axis) {
        return std::max<std::int64_t>(1, (have[axis] + wanted[axis] - 1) / wanted[axis]);
    };
    const ValueId conv = builder_.add(
        path + ".project", Conv{.out = wanted[0], .stride = {stride(1), stride(2)}}, {value});
    return builder_.add(path + ".project.norm", Norm{}, {conv});
}

ValueId TemplateWalker::emit(const Repeat& repeat,
                             const Block& block,
                             const std::vector<ValueId>& inputs) {
    const Scalar times = evaluate_at(block.path, repeat.times, bindings(std::nullopt));
    const auto* count = std::get_if<std::int64_t>(&times);
    if (count == nullptr || *count < 0 || *count > static_cast<std::int64_t>(repeat.bodies.size()))
        refuse_node(block.path, fmt::format("cannot repeat {} times", parnas::to_string(times)));
    ValueId value = inputs.front();
    const std::size_t bodies = repetitions(static_cast<std::size_t>(*count));
    for (std::size_t i = 0; i < bodies; ++i)
        value = emit(repeat.bodies[i], value);
    return value;
}

ValueId TemplateWalker::emit(const Branches& branches,
                             const Block& block,
                             const std::vector<ValueId>& inputs) {
    const std::vector<ValueId> values = emit_branches(branches.blocks, inputs.front());
    const std::string name = block.path + ".join";
    if (branches.join == Join::add)
        return builder_.add(name, Add{}, values);
    if (branches.join == Join::concat)
        return builder_.add(name, Concat{concat_axis(values.front())}, values);
    ValueId product = values.front();
    for (std::size_t i = 1; i < values.size(); ++i)
        product = builder_.add(
            i == 1 ? name : fmt::format("{}{}", name, i), Multiply{}, {product, values[i]});
    return product;
}

// Identities that project come last: they take the shape of the first of the others.
std::vector<ValueId> TemplateWalker::emit_branches(const std::vector<Block>& blocks,
                                                   ValueId value) {
    const Block* other = first_without_projection(blocks);
    std::vector<ValueId> values(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i)
        if (other == nullptr || !projects(blocks[i]))
            values[i] = emit(blocks[i], value);
    for (std::size_t i = 0; other != nullptr && i < blocks.size(); ++i)
        if (projects(blocks[i])) {
            const Shape wanted =
                builder_.shape(values[static_cast<std::size_t>(other - blocks.data())]);
            values[i] = emit(blocks[i], value, &wanted);
        }
    return values;
}

// Channels: the first dimension of an image, the last of everything else.
std::int64_t TemplateWalker::concat_axis(ValueId value) const {
    const Shape& shape = builder_.shape(value);
    return shape.size() == 3 ? 0 : static_cast<std::int64_t>(shape.size()) - 1;
}

ValueId TemplateWalker::emit(const Cell& cell,
                             const Block& block,
                             const std::vector<ValueId>& inputs) {
    std::vector<ValueId> values = cell_inputs(cell, block, inputs);
    const ValueId incoming = inputs.back();
    prepare(cell, values);
    for (std::size_t i = 0; i < cell.nodes.size(); ++i) {
        const CellNode& node = cell.nodes[i];
        const std::vector<std::size_t> edges = edges_of(node);
        std::vector<ValueId> terms;
        for (const std::size_t edge : edges)
            terms.push_back(emit(node.edges[edge], values[node.from[edge]]));
        values.push_back(sum(node, fmt::format("{}.node{}", block.path, i + 1), edges, terms));
    }
    cell_before_ = incoming;
    const std::vector<ValueId> nodes(values.begin() + static_cast<std::ptrdiff_t>(cell.inputs),
                                     values.end());
    switch (cell.combine) {
        case Combine::concat:
            return builder_.add(block.path + ".concat", Concat{concat_axis(nodes.front())}, nodes);
        case Combine::add:
            return builder_.add(block.path + ".add", Add{}, nodes);
        case Combine::last:
            break;
    }
    return nodes.back();
}

std::vector<ValueId> TemplateWalker::cell_inputs(const Cell& cell,
                                                 const Block& block,
                                                 const std::vector<ValueId>& inputs) const {
    if (inputs.size() == cell.inputs)
        return inputs;
    if (inputs.size() != 1 || cell.inputs != 2)
        refuse_node(block.path,
                    fmt::format("the cell has {} inputs; name them with `from`", cell.inputs));
    return {cell_before_.value_or(inputs.front()), inputs.front()};
}

void TemplateWalker::prepare(const Cell& cell, std::vector<ValueId>& values) {
    if (cell.prepare.empty())
        return;
    const Shape last = builder_.shape(values.back());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Shape& shape = builder_.shape(values[i]);
        const bool larger = shape.size() == 3 && last.size() == 3 && shape[1] > last[1];
        values[i] =
            emit(larger && !cell.prepare_larger.empty() ? cell.prepare_larger[i] : cell.prepare[i],
                 values[i]);
    }
}

std::vector<std::size_t> TemplateWalker::edges_of(const CellNode& node) const {
    if (node.inputs)
        return node.subsets[chosen(*node.inputs)];
    std::vector<std::size_t> all(node.edges.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

ValueId TemplateWalker::sum(const CellNode&,
                            const std::string& path,
                            const std::vector<std::size_t>&,
                            const std::vector<ValueId>& terms) {
    return terms.size() == 1 ? terms.front() : builder_.add(path, Add{}, terms);
}

}  // namespace parnas::spaces
