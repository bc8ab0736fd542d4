// SPDX-License-Identifier: Apache-2.0
#include "spaces/template_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/domain_reader.h"

namespace parnas::spaces {
namespace {

constexpr int kMaxBlockDepth = 64;
constexpr std::size_t kMaxBlocks = 200'000;
constexpr std::size_t kMaxArgumentSize = 1000;

const Json kNothing = Json::object();

// "swish" of "swish@1".
std::string without_version(const std::string& type) {
    return type.substr(0, type.find('@'));
}

std::string join(const std::string& path, const std::string& component) {
    return path.empty() ? component : path + "." + component;
}

// An object, empty if it is missing; what is none is a fault.
const Json& find_object(ObjectReader& reader, std::string_view key) {
    const Json* json = reader.find(key);
    if (json == nullptr || json->is_object())
        return json == nullptr ? kNothing : *json;
    reader.fault(key, fmt::format("expected an object, got {}", type_name(*json)));
    return kNothing;
}

Expression literal(Scalar value) {
    return Expression::Kind(std::move(value));
}

}  // namespace

TemplateReader::TemplateReader(const Json& define,
                               std::map<std::string, Json> lists,
                               OpSource operators,
                               std::vector<Param>& params,
                               Faults& faults)
    : define_(define),
      lists_(std::move(lists)),
      operators_(std::move(operators)),
      params_(params),
      faults_(faults) {}

// A list of blocks is a sequence that adds nothing to the names.
Block TemplateReader::read_list(const Json& json, const std::string& pointer, const Scope& scope) {
    if (json.empty())
        faults_.add(pointer, "expected a list of blocks, got an empty one");
    Scope each = scope;
    each.adopted = scope.adopted && json.size() == 1;
    Sequence sequence;
    for (std::size_t i = 0; i < json.size(); ++i)
        sequence.blocks.push_back(read_body(json[i], pointer_to(pointer, i), each));
    return {.path = scope.path, .kind = std::move(sequence)};
}

Block TemplateReader::read_body(const Json& json, const std::string& pointer, const Scope& scope) {
    if (scope.depth > kMaxBlockDepth || ++blocks_ > kMaxBlocks) {
        faults_.add(pointer, "the template is too large; does a definition use itself?");
        return {.kind = Sequence{}};
    }
    if (json.is_array())
        return read_list(json, pointer, scope);
    if (json.is_string())
        return read_typed(json.get<std::string>(), kNothing, pointer, scope);
    if (json.is_object() && json.size() == 1)
        return read_typed(json.begin().key(),
                          json.begin().value(),
                          pointer_to(pointer, json.begin().key()),
                          scope);
    faults_.add(pointer,
                fmt::format("expected a block, {{conv: {{...}}}}, got {}",
                            !json.is_object() ? type_name(json)
                            : json.empty()    ? "an empty object"
                                              : "an object with several keys"));
    return {.kind = Sequence{}};
}

Block TemplateReader::read_typed(const std::string& type,
                                 const Json& body,
                                 const std::string& pointer,
                                 const Scope& scope) {
    Layer layer;
    if (const auto built_in = layer_types().find(type); built_in != layer_types().end())
        layer.type = &built_in->second;
    else if ((layer.custom = find_operator(type)))
        layer.type = &layer.custom->layer;
    Json object = body.is_null() ? kNothing : body;
    if (!object.is_object()) {  // the short form gives the one value that matters
        const bool has_first = layer.type != nullptr && !layer.type->attributes.empty();
        object = Json::object({{type == "sequence" ? "body"
                                : type == "use"    ? "block"
                                : has_first        ? layer.type->attributes.front().name
                                                   : type,
                                body}});
    }
    ObjectReader reader(object, pointer, faults_);
    const bool names_definition =
        type == "use" && object.contains("block") && object["block"].is_string();
    Head head =
        read_head(reader,
                  names_definition ? object["block"].get<std::string>() : without_version(type),
                  scope);
    if (layer.type != nullptr)
        read_layer(std::move(layer), reader, head);
    else if (type == "sequence")
        read_sequence(reader, head);
    else if (type == "choice")
        read_choice(reader, head);
    else if (type == "repeat")
        read_repeat(reader, head);
    else if (type == "residual")
        read_residual(reader, head);
    else if (type == "branches")
        read_branches(reader, head);
    else if (type == "cell")
        read_cell(reader, head);
    else if (type == "use")
        read_use(reader, head);
    else {
        refuse_type(type, pointer);
        return std::move(head.block);
    }
    reader.finish();
    return std::move(head.block);
}

// Names of operators have a version, those of built-in blocks have none.
std::shared_ptr<const CustomOp> TemplateReader::find_operator(const std::string& type) const {
    if (!operators_ || type.find('@') == std::string::npos)
        return nullptr;
    const auto known = operators_();
    return known->has(type) ? known->find(type) : nullptr;
}

void TemplateReader::refuse_type(const std::string& type, const std::string& pointer) {
    std::vector<std::string> known{
        "sequence", "choice", "repeat", "residual", "branches", "cell", "use"};
    for (const auto& [name, layer] : layer_types())
        known.push_back(name);
    if (operators_)
        for (const std::string& name : operators_()->names())
            known.push_back(name);
    const std::string guess = did_you_mean(type, known);
    if (type.find('@') != std::string::npos)
        faults_.add(
            pointer,
            fmt::format("no plugin here offers the operator '{}' (--plugins){}", type, guess));
    else
        faults_.add(pointer,
                    fmt::format("no block is named '{}'{}",
                                type,
                                guess.empty() ? "; see `parnas spaces blocks`" : guess));
}

TemplateReader::Head TemplateReader::read_head(ObjectReader& reader,
                                               const std::string& otherwise,
                                               const Scope& scope) {
    const std::string name = reader.text("name", "");
    if (name.find_first_of("./ ") != std::string::npos)
        reader.fault("name", "a name has no dots, slashes or spaces");
    Scope own = scope;
    own.adopted = false;
    if (!scope.adopted || !name.empty())
        own = inside(own, component(scope, name.empty() ? otherwise : name));
    Head head{.scope = own, .block = {.path = own.path, .name = name, .kind = Sequence{}}};
    for (const auto& [key, value] : find_object(reader, "params").items())
        read_param(value, pointer_to(reader.pointer("params"), key), head.scope, key);
    head.block.output = reader.text("output", "");
    if (reader.has("output") && head.block.output.empty())
        reader.fault("output", "expected a name");
    if (const Json* from = reader.find("from")) {
        if (from->is_array() && from->empty())
            reader.fault("from", "expected names of blocks, got an empty list");
        for (const Json& each : from->is_array() ? *from : Json::array({*from})) {
            if (each.is_string())
                head.block.from.push_back(each.get<std::string>());
            else
                reader.fault("from",
                             fmt::format("expected names of blocks, got {}", type_name(each)));
        }
    }
    return head;
}

void TemplateReader::read_layer(Layer layer, ObjectReader& reader, Head& head) {
    for (const AttributeType& attribute : layer.type->attributes) {
        const Json* json = reader.find(attribute.name);
        if (json == nullptr) {
            if (std::holds_alternative<std::monostate>(attribute.otherwise))
                reader.fault(
                    "", fmt::format("'{}' is missing: {}", attribute.name, expectation(attribute)));
            layer.attributes.push_back(literal(attribute.otherwise));
            continue;
        }
        const bool same = attribute.kind == AttributeKind::integer && *json == "same";
        layer.attributes.push_back(
            same ? Expression(Expression::Same{})
                 : read_expression(
                       *json, reader.pointer(attribute.name), head.scope, attribute.name));
        const auto* value = std::get_if<Scalar>(&layer.attributes.back().kind());
        const bool is_faulty = value != nullptr && *value == Scalar() && !json->is_null();
        if (value != nullptr && !is_faulty && !fits(attribute, *value))
            reader.fault(
                attribute.name,
                fmt::format(
                    "expected {}, got {}", expectation(attribute), parnas::to_string(*value)));
    }
    head.block.kind = std::move(layer);
}

void TemplateReader::read_sequence(ObjectReader& reader, Head& head) {
    Sequence sequence;
    if (const Json* body = reader.need("body"))
        sequence.blocks.push_back(read_body(*body, reader.pointer("body"), head.scope));
    head.block.kind = std::move(sequence);
}

void TemplateReader::read_residual(ObjectReader& reader, Head& head) {
    Branches branches{.join = read_join(reader)};
    const Json* body = reader.need("body");
    if (body != nullptr)
        branches.blocks.push_back(
            read_body(*body, reader.pointer("body"), inside(head.scope, "body")));
    const Json* shortcut = reader.find("shortcut");
    const Json identity = "identity";
    branches.blocks.push_back(read_body(shortcut == nullptr ? identity : *shortcut,
                                        reader.pointer("shortcut"),
                                        inside(head.scope, "shortcut")));
    head.block.kind = std::move(branches);
}

void TemplateReader::read_branches(ObjectReader& reader, Head& head) {
    Branches branches{.join = read_join(reader)};
    const Json* list = reader.need("branches");
    if (list != nullptr && (!list->is_array() || list->size() < 2))
        reader.fault("branches", "expected a list of at least two blocks");
    else if (list != nullptr)
        for (std::size_t i = 0; i < list->size(); ++i)
            branches.blocks.push_back(
                read_body((*list)[i],
                          pointer_to(reader.pointer("branches"), i),
                          inside(head.scope, fmt::format("branch{}", i + 1))));
    head.block.kind = std::move(branches);
}

Join TemplateReader::read_join(ObjectReader& reader) {
    return static_cast<Join>(reader.word("join", {"add", "concat", "multiply"}, "add"));
}

void TemplateReader::read_use(ObjectReader& reader, Head& head) {
    const std::string name = reader.text("block");
    const bool shared = reader.word("choices", {"own", "shared"}, "own") == 1;
    const Json& with = find_object(reader, "with");
    if (!define_.is_object() || !define_.contains(name)) {
        reader.fault("block", fmt::format("nothing is defined under the name '{}'", name));
        return;
    }
    const std::string pointer = pointer_to("/define", name);
    const Json& definition = define_[name];
    ObjectReader defined(definition, pointer, faults_);
    const Json& arguments = find_object(defined, "arguments");
    const Json* body = defined.need("body");
    defined.finish();

    Scope scope = head.scope;
    ++scope.depth;
    scope.arguments.clear();
    for (const auto& [key, value] : arguments.items()) {
        const bool given = with.contains(key);
        const std::string place =
            pointer_to(given ? reader.pointer("with") : defined.pointer("arguments"), key);
        const Expression argument =
            read_expression(given ? with[key] : value, place, head.scope, key);
        if (argument.size() > kMaxArgumentSize)  // {x: {expr: "x + x"}} of itself doubles
            faults_.add(place, "the expression is too large; does a definition use itself?");
        else
            scope.arguments.insert_or_assign(key, argument);
    }
    for (const auto& [key, value] : with.items())
        if (!arguments.contains(key))
            reader.fault("with", fmt::format("'{}' takes no argument '{}'", name, key));
    if (shared) {
        // One set of choices wherever the block is used, so no place decides whether they count.
        scope.param_path = name;
        scope.condition.reset();
        scope.shared = true;
    }
    if (body == nullptr)
        return;
    scope.adopted = true;
    Sequence sequence;
    sequence.blocks.push_back(read_body(*body, pointer + "/body", scope));
    head.block.kind = std::move(sequence);
}

std::optional<ParamIndex> TemplateReader::add_param(const std::string& name,
                                                    Domain domain,
                                                    const std::optional<Condition>& condition,
                                                    bool shared,
                                                    const std::string& pointer) {
    if (const auto found = indices_.find(name); found != indices_.end()) {
        if (!shared)
            faults_.add(pointer,
                        fmt::format("there already is a parameter '{}'; give one of the blocks "
                                    "another name",
                                    name));
        else if (params_[found->second].domain != domain)
            faults_.add(pointer,
                        fmt::format("the parameter '{}' is shared, and has other values at "
                                    "another place",
                                    name));
        return found->second;
    }
    if (name.empty() || name.size() > 512) {
        faults_.add(pointer,
                    "a parameter's name, the path of block names, has 1 to 512 characters");
        return std::nullopt;
    }
    params_.push_back({.name = name, .domain = std::move(domain), .condition = condition});
    indices_.emplace(name, params_.size() - 1);
    return params_.size() - 1;
}

Scope TemplateReader::inside(const Scope& scope,
                             const std::string& component,
                             bool in_params) const {
    Scope inner = scope;
    inner.path = join(scope.path, component);
    if (in_params)
        inner.param_path = join(scope.param_path, component);
    ++inner.depth;
    return inner;
}

// `wanted`, with a number behind it if a block beside this one has that name.
std::string TemplateReader::component(const Scope& scope, const std::string& wanted) {
    const std::string path = paths_.take(join(scope.path, wanted));
    return scope.path.empty() ? path : path.substr(scope.path.size() + 1);
}

}  // namespace parnas::spaces
