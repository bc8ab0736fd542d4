// SPDX-License-Identifier: Apache-2.0
#include "spaces/template_reader.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/domain_reader.h"

namespace parnas::spaces {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxBlocks = 200'000;
constexpr std::int64_t kMaxRepetitions = 1024;

const Json kNothing = Json::object();

const std::vector<std::string>& block_words() {
    static const auto kWords = [] {
        std::vector<std::string> words{
            "sequence", "choice", "repeat", "residual", "branches", "cell", "use"};
        for (const auto& [name, type] : layer_types())
            words.push_back(name);
        return words;
    }();
    return kWords;
}

std::string join(const std::string& path, const std::string& component) {
    return path.empty() ? component : path + "." + component;
}

Expression literal(Scalar value) {
    return Expression::Kind(std::move(value));
}

}  // namespace

TemplateReader::TemplateReader(const Json& define,
                               std::map<std::string, Json> lists,
                               std::vector<Param>& params,
                               Faults& faults)
    : define_(define), lists_(std::move(lists)), params_(params), faults_(faults) {}

Block TemplateReader::read_body(const Json& json, const std::string& pointer, const Scope& scope) {
    return json.is_array() ? read_list(json, pointer, scope) : read_block(json, pointer, scope);
}

// A list of blocks is a sequence that adds nothing to the names.
Block TemplateReader::read_list(const Json& json, const std::string& pointer, const Scope& scope) {
    Sequence sequence;
    if (!json.is_array() || json.empty())
        faults_.add(pointer, fmt::format("expected a list of blocks, got {}", type_name(json)));
    else
        for (std::size_t i = 0; i < json.size(); ++i)
            sequence.blocks.push_back(read_block(json[i], pointer_to(pointer, i), scope));
    return {.path = scope.path, .kind = std::move(sequence)};
}

Block TemplateReader::read_block(const Json& json, const std::string& pointer, const Scope& scope) {
    if (scope.depth > kMaxDepth || ++blocks_ > kMaxBlocks) {
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
                            json.is_object() ? "an object with several keys"
                                             : std::string(type_name(json))));
    return {.kind = Sequence{}};
}

Block TemplateReader::read_typed(const std::string& type,
                                 const Json& body,
                                 const std::string& pointer,
                                 const Scope& scope) {
    const auto layer = layer_types().find(type);
    const bool is_layer = layer != layer_types().end();
    Json object = body.is_null() ? kNothing : body;
    if (!object.is_object()) {  // the short form gives the one value that matters
        const bool has_first = is_layer && !layer->second.attributes.empty();
        object = Json::object({{type == "sequence" ? "body"
                                : type == "use"    ? "block"
                                : has_first        ? layer->second.attributes.front().name
                                                   : type,
                                body}});
    }
    ObjectReader reader(object, pointer, faults_);
    const bool names_definition =
        type == "use" && object.contains("block") && object["block"].is_string();
    Head head =
        read_head(reader, names_definition ? object["block"].get<std::string>() : type, scope);
    if (is_layer)
        read_layer(layer->second, reader, head);
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
        const std::string guess = nearest(type, block_words());
        faults_.add(pointer,
                    fmt::format("no block is named '{}'{}",
                                type,
                                guess.empty() ? "; see `parnas spaces blocks`"
                                              : fmt::format("; did you mean '{}'?", guess)));
        return std::move(head.block);
    }
    reader.finish();
    return std::move(head.block);
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
    if (const Json* params = reader.find("params"))
        for (const auto& [key, value] : params->items())
            read_expression(value, pointer_to(reader.pointer("params"), key), head.scope, key);
    if (const auto output = reader.optional_text("output")) {
        head.block.output = true;
        head.block.name = *output;
    }
    if (const Json* from = reader.find("from")) {
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

void TemplateReader::read_layer(const LayerType& type, ObjectReader& reader, Head& head) {
    Layer layer{.type = &type};
    for (const AttributeType& attribute : type.attributes) {
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
        if (value != nullptr && !fits(attribute, *value))
            reader.fault(
                attribute.name,
                fmt::format("expected {}, got {}", expectation(attribute), to_string(*value)));
    }
    head.block.kind = std::move(layer);
}

void TemplateReader::read_sequence(ObjectReader& reader, Head& head) {
    Sequence sequence;
    if (const Json* body = reader.need("body"))
        sequence.blocks.push_back(read_body(*body, reader.pointer("body"), head.scope));
    head.block.kind = std::move(sequence);
}

void TemplateReader::read_choice(ObjectReader& reader, Head& head) {
    if (const Json* options = reader.need("options"))
        fill_choice(*options, reader.pointer("options"), head.scope, head.block);
}

void TemplateReader::fill_choice(const Json& options,
                                 const std::string& pointer,
                                 const Scope& scope,
                                 Block& block) {
    if (!options.is_array() || options.empty()) {
        faults_.add(pointer, fmt::format("expected a list of blocks, got {}", type_name(options)));
        return;
    }
    // The options are read after the parameter is there, since their own depend on it; so
    // its values, the options' names, have to be known before.
    Categorical domain;
    for (const Json& option : options) {
        std::string label = option.is_string()                      ? option.get<std::string>()
                            : option.is_object() && !option.empty() ? option.begin().key()
                                                                    : "sequence";
        if (option.is_object() && option.size() == 1 && option.begin().value().is_object()) {
            const Json& body = option.begin().value();
            if (body.contains("name") && body["name"].is_string())
                label = body["name"].get<std::string>();
            else if (label == "use" && body.contains("block") && body["block"].is_string())
                label = body["block"].get<std::string>();
        } else if (label == "use" && option.is_object() && option.begin().value().is_string()) {
            label = option.begin().value().get<std::string>();
        }
        const std::string base = label;
        for (int n = 2; std::ranges::find(domain.choices, Scalar(label)) != domain.choices.end();
             ++n)
            label = fmt::format("{}{}", base, n);
        domain.choices.emplace_back(label);
    }
    const auto param = add_param(scope.param_path, domain, scope.condition, scope.shared, pointer);
    Choice choice{.param = param.value_or(0)};
    for (std::size_t i = 0; i < options.size(); ++i) {
        Scope option = scope;
        option.condition =
            Condition{.parent = choice.param, .active = ChoiceSet{{static_cast<std::int64_t>(i)}}};
        const std::string own = std::get<std::string>(domain.choices[i]);
        if (options[i].is_array())
            option = inside(option, own);
        choice.options.push_back(read_block(options[i], pointer_to(pointer, i), option));
    }
    block.kind = std::move(choice);
}

void TemplateReader::read_repeat(ObjectReader& reader, Head& head) {
    const Json* times_json = reader.need("times");
    const bool own_choices = reader.word("choices", {"own", "shared"}, "own") == 0;
    const Json* body = reader.find("body");
    const Json* first = reader.find("first");
    const Json* rest = reader.find("rest");
    if ((body != nullptr) == (first != nullptr && rest != nullptr) ||
        (first == nullptr) != (rest == nullptr))
        reader.fault("", "expected either `body`, or `first` and `rest`");
    if (times_json == nullptr || (body == nullptr && (first == nullptr || rest == nullptr)))
        return;
    const Expression times =
        read_expression(*times_json, reader.pointer("times"), head.scope, "times");
    const auto most = largest(times, reader.pointer("times"));
    if (!most)
        return;
    Repeat repeat{.times = times};
    for (std::int64_t i = 1; i <= *most; ++i) {
        Scope scope = inside(head.scope, fmt::format("{}", i), own_choices);
        scope.shared = scope.shared || !own_choices;
        scope.condition = while_repeated(times, own_choices ? i : 1, head.scope);
        const std::string_view key = body != nullptr ? "body" : i == 1 ? "first" : "rest";
        repeat.bodies.push_back(read_body(body != nullptr ? *body
                                          : i == 1        ? *first
                                                          : *rest,
                                          reader.pointer(key),
                                          scope));
    }
    head.block.kind = std::move(repeat);
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
    const Json* with = reader.find("with");
    if (!define_.is_object() || !define_.contains(name)) {
        reader.fault("block", fmt::format("nothing is defined under the name '{}'", name));
        return;
    }
    const std::string pointer = pointer_to("/define", name);
    const Json& definition = define_[name];
    ObjectReader defined(definition, pointer, faults_);
    const Json* arguments = defined.find("arguments");
    const Json* body = defined.need("body");
    defined.finish();

    Scope scope = head.scope;
    ++scope.depth;
    scope.arguments.clear();
    if (arguments != nullptr)
        for (const auto& [key, value] : arguments->items())
            scope.arguments.insert_or_assign(
                key,
                read_expression(value, pointer_to(pointer + "/arguments", key), head.scope, key));
    if (with != nullptr)
        for (const auto& [key, value] : with->items()) {
            if (!scope.arguments.contains(key))
                reader.fault("with", fmt::format("'{}' takes no argument '{}'", name, key));
            scope.arguments.insert_or_assign(
                key,
                read_expression(value, pointer_to(reader.pointer("with"), key), head.scope, key));
        }
    if (shared) {
        // One set of choices wherever the block is used, so no place decides whether they count.
        scope.param_path = name;
        scope.condition.reset();
        scope.shared = true;
    }
    if (body == nullptr)
        return;
    scope.adopted = !body->is_array() || body->size() == 1;
    Sequence sequence;
    sequence.blocks.push_back(read_body(*body, pointer + "/body", scope));
    head.block.kind = std::move(sequence);
}

std::optional<ParamIndex> TemplateReader::add_param(const std::string& name,
                                                    Domain domain,
                                                    const std::optional<Condition>& condition,
                                                    bool shared,
                                                    const std::string& pointer) {
    const auto found = std::ranges::find(params_, name, &Param::name);
    if (found != params_.end()) {
        if (!shared)
            faults_.add(pointer,
                        fmt::format("there already is a parameter '{}'; give one of the blocks "
                                    "another name",
                                    name));
        return static_cast<ParamIndex>(found - params_.begin());
    }
    if (name.empty() || name.size() > 512) {
        faults_.add(pointer,
                    "a parameter's name, the path of block names, has 1 to 512 characters");
        return std::nullopt;
    }
    params_.push_back({.name = name, .domain = std::move(domain), .condition = condition});
    return params_.size() - 1;
}

// The largest number of repetitions that `times` can ask for.
std::optional<std::int64_t> TemplateReader::largest(const Expression& times,
                                                    const std::string& pointer) {
    const std::set<ParamIndex> params = times.params();
    std::int64_t most = -1;
    const auto look = [&](const Scalar& value) {
        const auto* count = std::get_if<std::int64_t>(&value);
        if (count == nullptr || *count < 0 || *count > kMaxRepetitions)
            faults_.add(
                pointer,
                fmt::format(
                    "expected an integer from 0 to {}, got {}", kMaxRepetitions, to_string(value)));
        else
            most = std::max(most, *count);
    };
    try {
        if (params.empty()) {
            look(evaluate(times, {}));
        } else if (params.size() > 1) {
            faults_.add(pointer, "the number of repetitions may depend on one parameter");
        } else {
            const Domain& domain = params_[*params.begin()].domain;
            const auto size = cardinality(domain);
            if (!size || *size > kMaxRepetitions)
                faults_.add(
                    pointer,
                    "the number of repetitions depends on a parameter with too many values");
            else
                for (std::uint64_t i = 0; i < *size; ++i)
                    look(evaluate(times, {.param = [&](ParamIndex) {
                                      return to_scalar(domain, value_at(domain, i));
                                  }}));
        }
    } catch (const Error& error) {
        faults_.add(pointer, error.what());
    }
    return most < 0 ? std::nullopt : std::optional(most);
}

// When the repetition counts. A parameter has one condition, so where `times` reads a
// parameter from outside, that one stands for the enclosing one too.
std::optional<Condition> TemplateReader::while_repeated(const Expression& times,
                                                        std::int64_t repetition,
                                                        const Scope& scope) const {
    const std::set<ParamIndex> params = times.params();
    if (params.empty())
        return scope.condition;
    const ParamIndex param = *params.begin();
    std::size_t where = 0;
    const auto condition = condition_where(params_, param, [&](const Scalar& value) {
        const Scalar count = evaluate(times, {.param = [&](ParamIndex) { return value; }});
        const bool holds = std::get<std::int64_t>(count) >= repetition;
        where += holds ? 1 : 0;
        return holds;
    });
    return where == cardinality(params_[param].domain) ? scope.condition : condition;
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
    std::string name = wanted;
    for (int n = 2; !paths_.insert(join(scope.path, name)).second; ++n)
        name = fmt::format("{}{}", wanted, n);
    return name;
}

}  // namespace parnas::spaces
