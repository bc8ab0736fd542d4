// SPDX-License-Identifier: Apache-2.0
#include "spaces/space_document.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/object_reader.h"
#include "spaces/domain_reader.h"
#include "spaces/template_decoder.h"
#include "spaces/template_reader.h"

namespace parnas::spaces {
namespace {

// A parameter that decode() hands out by name, or a constant of the `training` section.
struct Handed {
    std::string name;
    std::variant<ParamIndex, Scalar> value;
};

struct Parts {
    std::string name;
    std::string document;
    std::vector<Param> params;
    std::optional<Template> blueprint;
    std::vector<Requirement> requirements;
    std::vector<Handed> handed;
};

class DocumentSpace final : public SearchSpace {
  public:
    explicit DocumentSpace(Parts parts) : parts_(std::move(parts)) {}

    std::string_view name() const override { return parts_.name; }
    std::string_view document() const override { return parts_.document; }
    std::span<const Param> params() const override { return parts_.params; }
    const Template* shared_weights() const override {
        return parts_.blueprint ? &*parts_.blueprint : nullptr;
    }

    bool feasible(const Genotype& genotype) const override {
        if (parts_.requirements.empty())
            return true;
        const std::vector<bool> is_active = active(parts_.params, genotype);
        return std::ranges::all_of(parts_.requirements, [&](const Requirement& requirement) {
            const std::set<ParamIndex> read = requirement.condition.params();
            if (!std::ranges::all_of(read, [&](ParamIndex index) { return is_active[index]; }))
                return true;
            return holds(requirement, genotype);
        });
    }

    Decoded decode(const Genotype& genotype) const override {
        validate(parts_.params, genotype);
        if (!feasible(genotype))
            throw Error(ErrorKind::invalid_input, "the genotype breaks a requirement of the space");
        Decoded decoded;
        if (parts_.blueprint)
            decoded.network = std::make_shared<const Network>(
                spaces::decode(*parts_.blueprint, parts_.params, genotype));
        const std::vector<bool> is_active = active(parts_.params, genotype);
        for (const Handed& handed : parts_.handed) {
            if (const auto* constant = std::get_if<Scalar>(&handed.value)) {
                decoded.values.emplace(handed.name, *constant);
                continue;
            }
            const ParamIndex index = std::get<ParamIndex>(handed.value);
            if (is_active[index])
                decoded.values.emplace(
                    handed.name, to_scalar(parts_.params[index].domain, genotype.values[index]));
        }
        return decoded;
    }

  private:
    bool holds(const Requirement& requirement, const Genotype& genotype) const {
        Scalar value;
        try {
            value =
                evaluate(requirement.condition, {.param = [&](ParamIndex index) {
                             return to_scalar(parts_.params[index].domain, genotype.values[index]);
                         }});
        } catch (const Error& error) {
            throw Error(error.kind(), error.what(), requirement.text);
        }
        if (const auto* truth = std::get_if<bool>(&value))
            return *truth;
        throw Error(ErrorKind::invalid_input,
                    "a requirement gives true or false, got " + parnas::to_string(value),
                    requirement.text);
    }

    Parts parts_;
};

// Reads one document, section by section.
class DocumentReader {
  public:
    DocumentReader(const Document& document, const Json& arguments, OpSource operators)
        : document_(document),
          given_(arguments),
          operators_(std::move(operators)),
          root_(document.root(), "", faults_) {}

    Parts read() {
        read_heading();
        read_arguments();
        const Json* define = root_.find("define");
        TemplateReader reader(
            define != nullptr ? *define : kNothing, lists_, operators_, parts_.params, faults_);
        if (define != nullptr && !define->is_object())
            faults_.add("/define", fmt::format("expected an object, got {}", type_name(*define)));
        const Json* body = root_.find("body");
        read_params("params", reader, body == nullptr);
        read_blueprint(reader, body);
        read_params("training", reader, true);
        read_requirements(reader);
        if (parts_.blueprint)
            parts_.blueprint->requirements = parts_.requirements;
        root_.finish();
        if (faults_.empty() && parts_.params.empty())
            faults_.add("", "the space has no parameter: nothing can be searched");
        document_.throw_if_any(faults_);
        const Json reference{{"document", document_.root()},
                             {"with", given_.is_null() ? kNothing : given_}};
        parts_.document = dump_json(reference);
        return std::move(parts_);
    }

  private:
    void read_heading() {
        parts_.name = root_.text("name");
        root_.find("about");
        root_.find("source");
        const auto valid = [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ||
                   c == '.';
        };
        const std::size_t at = parts_.name.find('@');
        const bool versioned =
            at != std::string::npos && at > 0 && at + 1 < parts_.name.size() &&
            std::all_of(parts_.name.begin(),
                        parts_.name.begin() + static_cast<std::ptrdiff_t>(at),
                        valid) &&
            std::all_of(parts_.name.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        parts_.name.end(),
                        [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
        if (root_.has("name") && !parts_.name.empty() && !versioned)
            root_.fault("name",
                        fmt::format("expected a name with its version, tiny-mobile@1, got '{}'",
                                    parts_.name));
    }

    void read_arguments() {
        const Json* defaults = root_.find("arguments");
        Json values = defaults != nullptr ? *defaults : kNothing;
        if (!values.is_object()) {
            faults_.add("/arguments", fmt::format("expected an object, got {}", type_name(values)));
            return;
        }
        if (given_.is_object())
            for (const auto& [key, value] : given_.items()) {
                if (values.contains(key)) {
                    values[key] = value;
                    continue;
                }
                std::vector<std::string> known;
                for (const auto& [name, otherwise] : values.items())
                    known.push_back(name);
                faults_.add("/arguments",
                            fmt::format("the space takes no argument '{}'; it takes: {}",
                                        key,
                                        known.empty() ? "none"
                                                      : fmt::format("{}", fmt::join(known, ", "))));
            }
        for (const auto& [key, value] : values.items()) {
            if (value.is_array())
                lists_.emplace(key, value);
            else if (value.is_object())
                faults_.add(pointer_to("/arguments", key),
                            "expected a value or a list, got an object");
            else if (const auto scalar = read_scalar(value, pointer_to("/arguments", key), faults_))
                scope_.arguments.insert_or_assign(key, Expression(Expression::Kind(*scalar)));
        }
    }

    // `params` and `training`: one parameter per key.
    void read_params(std::string_view section, TemplateReader& reader, bool handed_out) {
        const Json* json = root_.find(section);
        if (json == nullptr)
            return;
        const std::string pointer = pointer_to("", section);
        if (!json->is_object()) {
            faults_.add(pointer, fmt::format("expected an object, got {}", type_name(*json)));
            return;
        }
        for (const auto& [name, value] : json->items()) {
            const std::string place = pointer_to(pointer, name);
            Scope scope = scope_;
            Json plain = value;
            if (value.is_object() && value.contains("when")) {
                scope.condition =
                    read_condition(value["when"], place + "/when", parts_.params, faults_);
                plain.erase("when");
            }
            if (!handed_out) {
                reader.read_param(plain, place, scope, name);
                continue;
            }
            const Expression expression = reader.read_expression(plain, place, scope, name);
            if (const auto* param = std::get_if<ParamIndex>(&expression.kind()))
                parts_.handed.push_back({name, *param});
            else if (const auto* constant = std::get_if<Scalar>(&expression.kind()))
                parts_.handed.push_back({name, *constant});
            else
                faults_.add(place, "expected a value or a domain");
        }
    }

    void read_blueprint(TemplateReader& reader, const Json* body) {
        const Json* input = root_.find("input");
        const Json* output = root_.find("output");
        if (body == nullptr) {
            if (input != nullptr || output != nullptr)
                faults_.add("", "`input` and `output` belong to a `body`, which is missing");
            return;
        }
        Template blueprint{.inputs = {}, .classes = 0, .body = Block{.kind = Sequence{}}};
        if (output != nullptr) {
            ObjectReader object(*output, "/output", faults_);
            if (const Json* classes = object.find("classes"))
                blueprint.classes = constant_integer(reader, *classes, "/output/classes");
            object.finish();
        }
        if (input == nullptr || !input->is_object() || input->empty())
            faults_.add("/input", "expected the network's inputs, {image: [3, 32, 32]}");
        else
            for (const auto& [name, shape] : input->items())
                read_input(reader, name, shape, blueprint);
        blueprint.body = reader.read_body(*body, "/body", scope_);
        parts_.blueprint = std::move(blueprint);
    }

    std::int64_t constant_integer(TemplateReader& reader,
                                  const Json& json,
                                  const std::string& pointer) {
        const Expression expression = reader.read_expression(json, pointer, scope_, "");
        const auto* scalar = std::get_if<Scalar>(&expression.kind());
        const auto* integer = scalar != nullptr ? std::get_if<std::int64_t>(scalar) : nullptr;
        if (integer != nullptr && *integer > 0)
            return *integer;
        faults_.add(pointer, fmt::format("expected a positive integer, got {}", dump_json(json)));
        return 0;
    }

    // A shape, or {shape: ..., dtype: int64} for tokens and edges.
    void read_input(TemplateReader& reader,
                    const std::string& name,
                    const Json& json,
                    Template& blueprint) {
        const std::string pointer = pointer_to("/input", name);
        TemplateInput input{.name = name};
        const Json* shape = &json;
        if (json.is_object() && json.contains("shape")) {
            ObjectReader object(json, pointer, faults_);
            shape = object.need("shape");
            if (object.word("dtype", {"fp32", "int64"}, "fp32") == 1)
                input.dtype = DType::int64;
            object.finish();
        }
        const Json& list = reader.resolve_list(*shape);
        if (!list.is_array() || list.empty() || list.size() > 8) {
            faults_.add(
                pointer,
                fmt::format("expected a list of 1 to 8 dimensions, got {}", type_name(list)));
            return;
        }
        for (std::size_t i = 0; i < list.size(); ++i)
            input.shape.push_back(reader.read_expression(
                list[i], pointer_to(pointer, i), scope_, fmt::format("input.{}.{}", name, i)));
        reader.reserve(name);
        blueprint.inputs.push_back(std::move(input));
    }

    void read_requirements(TemplateReader& reader) {
        const Json* require = root_.find("require");
        if (require == nullptr)
            return;
        if (!require->is_array())
            faults_.add("/require",
                        fmt::format("expected a list of conditions, got {}", type_name(*require)));
        else
            for (std::size_t i = 0; i < require->size(); ++i) {
                const std::string place = pointer_to("/require", i);
                if (!(*require)[i].is_string()) {
                    faults_.add(place,
                                fmt::format("expected text, \"width % heads == 0\", got {}",
                                            type_name((*require)[i])));
                    continue;
                }
                const std::string text = (*require)[i].get<std::string>();
                parts_.requirements.push_back({reader.read_text(text, place, scope_), text});
            }
    }

    static const Json kNothing;

    const Document& document_;
    const Json& given_;
    OpSource operators_;
    Faults faults_;
    ObjectReader root_;
    std::map<std::string, Json> lists_;
    Scope scope_;
    Parts parts_;
};

const Json DocumentReader::kNothing = Json::object();

// A document whose first feasible genotype cannot be decoded is wrong as a whole.
void check_once(const SearchSpace& space, const Document& document) {
    Genotype first;
    for (const Param& param : space.params())
        first.values.push_back(first_value(param.domain));
    try {
        Rng rng(0);
        space.decode(space.feasible(first) ? first : sample_feasible(space, rng));
    } catch (const Error& error) {
        throw Error(ErrorKind::invalid_input, error.what(), document.source());
    }
}

}  // namespace

std::unique_ptr<SearchSpace> make_space(const Document& document,
                                        const Json& arguments,
                                        OpSource operators) {
    auto space = std::make_unique<DocumentSpace>(
        DocumentReader(document, arguments, std::move(operators)).read());
    check_once(*space, document);
    return space;
}

}  // namespace parnas::spaces
