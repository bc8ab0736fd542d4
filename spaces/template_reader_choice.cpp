// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/template_reader.h"

namespace parnas::spaces {
namespace {

// What an option is called among the values of its choice.
std::string label_of(const Json& option) {
    if (option.is_string())
        return option.get<std::string>();
    if (!option.is_object() || option.empty())
        return "sequence";
    const std::string& type = option.begin().key();
    const Json& body = option.begin().value();
    const auto text = [&body](const char* key) {
        return body.contains(key) && body[key].is_string() ? body[key].get<std::string>()
                                                           : std::string();
    };
    if (body.is_object() && !text("name").empty())
        return text("name");
    if (type == "use" && body.is_string())
        return body.get<std::string>();
    return type == "use" && !text("block").empty() ? text("block") : type;
}

}  // namespace

void TemplateReader::read_choice(ObjectReader& reader, Head& head) {
    if (const Json* options = reader.need("options"))
        fill_choice(*options, reader.pointer("options"), head.scope, head.block);
}

void TemplateReader::fill_choice(const Json& options,
                                 const std::string& pointer,
                                 const Scope& scope,
                                 Block& block) {
    if (!options.is_array() || options.empty()) {
        faults_.add(pointer,
                    fmt::format("expected a list of blocks, got {}",
                                options.is_array() ? "an empty one" : type_name(options)));
        return;
    }
    // The options are read after the parameter is there, since their own depend on it; so
    // its values, the options' names, have to be known before.
    Categorical domain;
    UniqueNames labels;
    for (const Json& option : options)
        domain.choices.emplace_back(labels.take(label_of(option)));
    const auto param = add_param(scope.param_path, domain, scope.condition, scope.shared, pointer);
    Choice choice{.param = param.value_or(0)};
    for (std::size_t i = 0; i < options.size(); ++i) {
        Scope option = scope;
        option.condition =
            Condition{.parent = choice.param, .active = ChoiceSet{{static_cast<std::int64_t>(i)}}};
        if (options[i].is_array())
            option = inside(option, component(option, std::get<std::string>(domain.choices[i])));
        choice.options.push_back(read_body(options[i], pointer_to(pointer, i), option));
    }
    block.kind = std::move(choice);
}

}  // namespace parnas::spaces
