// SPDX-License-Identifier: Apache-2.0
#include "api/rest/contract.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/embedded.h"

namespace parnas::rest {

// The build defines it (cmake/EmbedFiles.cmake).
std::span<const EmbeddedFile> openapi_files();

namespace {

constexpr std::array kMethods{"get", "put", "post", "delete", "patch"};
constexpr std::array kScopes{"read", "submit", "work", "admin", "metrics"};
constexpr std::array kFlags{"x-idempotent", "x-if-match", "x-etag", "x-paged"};
constexpr std::string_view kShared = "x-shared";

[[noreturn]] void refuse(const std::string& pointer, std::string message) {
    throw Error(ErrorKind::invalid_input, std::move(message), pointer);
}

const Json& need(const Json& object, const char* key, const std::string& pointer) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (!object.is_object() || found == object.end())
        refuse(pointer, fmt::format("'{}' is missing", key));
    return *found;
}

std::string need_text(const Json& object, const char* key, const std::string& pointer) {
    const Json& value = need(object, key, pointer);
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
        refuse(pointer_to(pointer, key), "expected text");
    return value.get<std::string>();
}

bool flag(const Json& object, const char* key, const std::string& pointer) {
    const auto found = object.find(key);
    if (found == object.end())
        return false;
    if (!found->is_boolean())
        refuse(pointer_to(pointer, key), "expected true or false");
    return found->get<bool>();
}

// The names of "/v1/studies/{study}/trials/{number}".
std::set<std::string> names_in(std::string_view pattern) {
    std::set<std::string> names;
    for (std::size_t open = pattern.find('{'); open != std::string_view::npos;
         open = pattern.find('{', open + 1))
        names.emplace(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
    return names;
}

std::optional<ParameterPlace> place_of(std::string_view word) {
    if (word == "path")
        return ParameterPlace::path;
    if (word == "query")
        return ParameterPlace::query;
    return word == "header" ? std::optional(ParameterPlace::header) : std::nullopt;
}

bool is_secured(const Json& document, const Json& operation) {
    const auto own = operation.find("security");
    if (own != operation.end())
        return !own->empty();
    const auto general = document.find("security");
    return general != document.end() && !general->empty();
}

// What operations have in common is put into each of them that declares it.
class SharedParts {
  public:
    explicit SharedParts(const Json& document)
        : document_(document), shared_(document.value(std::string(kShared), Json::object())) {}

    void write_into(Json& operation, std::string_view pattern) const {
        add("every", operation);
        if (is_secured(document_, operation))
            add("secured", operation);
        if (pattern.find('{') != std::string_view::npos)
            add("addressed", operation);
        if (operation.contains("requestBody"))
            add("body", operation);
        for (const char* each : kFlags)
            if (const auto found = operation.find(each); found != operation.end() && *found == true)
                add(each, operation);
    }

  private:
    void add(const char* name, Json& operation) const {
        const auto found = shared_.find(name);
        if (found == shared_.end())
            return;
        if (const auto parameters = found->find("parameters"); parameters != found->end())
            for (const Json& parameter : *parameters)
                operation["parameters"].push_back(parameter);
        if (const auto responses = found->find("responses"); responses != found->end())
            for (const auto& [status, response] : responses->items())
                if (!operation["responses"].contains(status))
                    operation["responses"][status] = response;
    }

    const Json& document_;
    Json shared_;
};

// Reads operations of a document whose shared parts are written out.
class OperationReader {
  public:
    OperationReader(const Json& document, SchemaSet& schemas)
        : document_(document), schemas_(schemas) {}

    OperationSpec read(const Json& item,
                       const Json& operation,
                       const std::string& method,
                       const std::string& path) {
        const std::string item_place = "/paths" + pointer_to("", path);
        const std::string place = pointer_to(item_place, method);
        OperationSpec spec{.id = need_text(operation, "operationId", place), .pattern = path};
        std::ranges::transform(method, std::back_inserter(spec.method), [](char c) {
            return static_cast<char>(c - 'a' + 'A');
        });
        need_text(operation, "summary", place);
        read_extensions(operation, place, spec);
        spec.secured = is_secured(document_, operation);
        read_scopes(operation, place, spec);
        read_parameters(item, item_place, spec);
        read_parameters(operation, place, spec);
        check_path(place, spec);
        read_body(operation, place, spec);
        read_answers(operation, place, spec);
        return spec;
    }

  private:
    // What a reference stands for, and where that is.
    std::pair<const Json*, std::string> resolve(const Json& json, const std::string& place) const {
        const auto reference = json.find("$ref");
        if (reference == json.end())
            return {&json, place};
        const std::string target = reference->get<std::string>().substr(1);
        const Json::json_pointer path(target);
        if (!document_.contains(path))
            refuse(place, fmt::format("there is nothing at '#{}'", target));
        return {&document_.at(path), target};
    }

    static void read_extensions(const Json& operation,
                                const std::string& place,
                                OperationSpec& spec) {
        spec.idempotent = flag(operation, "x-idempotent", place);
        spec.if_match = flag(operation, "x-if-match", place);
        spec.etag = flag(operation, "x-etag", place);
        spec.paged = flag(operation, "x-paged", place);
        const std::string lane = need_text(operation, "x-lane", place);
        if (lane == "waiting")
            spec.lane = http::Lane::waiting;
        else if (lane == "vital")
            spec.lane = http::Lane::vital;
        else if (lane != "normal")
            refuse(pointer_to(place, "x-lane"), "expected normal, waiting or vital");
        if (const auto bytes = operation.find("x-body-bytes"); bytes != operation.end()) {
            if (!bytes->is_number_integer() || bytes->get<std::int64_t>() < 1)
                refuse(pointer_to(place, "x-body-bytes"), "expected a number of bytes");
            spec.body_bytes = bytes->get<std::size_t>();
        }
        for (const auto& [key, value] : operation.items())
            if (key.starts_with("x-") && key != "x-lane" && key != "x-body-bytes" &&
                key != "x-scope" && std::ranges::find(kFlags, key) == kFlags.end())
                refuse(pointer_to(place, key), "there is no such extension");
    }

    static void read_scopes(const Json& operation, const std::string& place, OperationSpec& spec) {
        const auto scope = operation.find("x-scope");
        if (scope == operation.end())
            return;
        if (!spec.secured)
            refuse(pointer_to(place, "x-scope"), "there is no token to have it");
        const Json list = scope->is_array() ? *scope : Json::array({*scope});
        for (const Json& word : list) {
            if (!word.is_string() ||
                std::ranges::find(kScopes, word.get<std::string>()) == kScopes.end())
                refuse(pointer_to(place, "x-scope"), "there is no such scope");
            spec.scopes.push_back(word.get<std::string>());
        }
    }

    void read_parameters(const Json& owner, const std::string& place, OperationSpec& spec) {
        const auto list = owner.find("parameters");
        if (list == owner.end())
            return;
        for (std::size_t i = 0; i < list->size(); ++i) {
            const std::string at = pointer_to(pointer_to(place, "parameters"), i);
            const auto [parameter, where] = resolve((*list)[i], at);
            const std::string in = need_text(*parameter, "in", where);
            const std::optional<ParameterPlace> kind = place_of(in);
            if (!kind)
                refuse(pointer_to(where, "in"), "expected path, query or header");
            ParameterSpec read{.name = need_text(*parameter, "name", where),
                               .place = *kind,
                               .required = flag(*parameter, "required", where),
                               .schema = schemas_.compile(document_, pointer_to(where, "schema"))};
            const auto same = [&](const ParameterSpec& each) {
                return each.name == read.name && each.place == read.place;
            };
            if (std::ranges::any_of(spec.parameters, same))
                refuse(at, fmt::format("the parameter '{}' is there twice", read.name));
            spec.parameters.push_back(std::move(read));
        }
    }

    static void check_path(const std::string& place, const OperationSpec& spec) {
        std::set<std::string> declared;
        for (const ParameterSpec& parameter : spec.parameters)
            if (parameter.place == ParameterPlace::path) {
                declared.insert(parameter.name);
                if (!parameter.required)
                    refuse(place,
                           fmt::format("the path's parameter '{}' has to be required",
                                       parameter.name));
            }
        if (declared != names_in(spec.pattern))
            refuse(place, "the parameters are not those of the path");
    }

    void read_body(const Json& operation, const std::string& place, OperationSpec& spec) {
        const auto found = operation.find("requestBody");
        if (found == operation.end())
            return;
        const std::string at = pointer_to(place, "requestBody");
        BodySpec body{.required = flag(*found, "required", at)};
        for (auto& [type, schema] : read_content(*found, at)) {
            body.types.push_back(type);
            if (type == "application/json")
                body.json = schema;
        }
        if (body.types.empty())
            refuse(at, "a body needs a content type");
        spec.body = std::move(body);
    }

    std::map<std::string, Schema, std::less<>> read_content(const Json& owner,
                                                            const std::string& place) {
        std::map<std::string, Schema, std::less<>> types;
        const auto content = owner.find("content");
        if (content == owner.end())
            return types;
        for (const auto& [type, media] : content->items()) {
            const std::string at = pointer_to(pointer_to(place, "content"), type);
            types.emplace(type, schemas_.compile(document_, pointer_to(at, "schema")));
        }
        return types;
    }

    static void add_types(const AnswerSpec& answer, std::vector<std::string>& types) {
        for (const auto& [type, schema] : answer.types)
            if (std::ranges::find(types, type) == types.end())
                types.push_back(type);
    }

    void read_answers(const Json& operation, const std::string& place, OperationSpec& spec) {
        const std::string at = pointer_to(place, "responses");
        for (const auto& [status, json] : need(operation, "responses", place).items()) {
            AnswerSpec answer;
            const auto [end, fault] =
                std::from_chars(status.data(), status.data() + status.size(), answer.status);
            if (fault != std::errc() || answer.status < 200 || answer.status > 599)
                refuse(pointer_to(at, status), "expected a status");
            const auto [response, where] = resolve(json, pointer_to(at, status));
            answer.types = read_content(*response, where);
            if (answer.status < 300)
                add_types(answer, spec.types);
            spec.answers.push_back(std::move(answer));
        }
        if (spec.types.empty() && spec.answer(204) == nullptr)
            refuse(at, "there is no answer to a request that succeeds");
    }

    const Json& document_;
    SchemaSet& schemas_;
};

// The document with its shared parts written out.
Json written_out(const Document& document) {
    Json json = document.root();
    if (!json.is_object() || !json.value("openapi", Json()).is_string() ||
        !json["openapi"].get<std::string>().starts_with("3.1."))
        refuse("/openapi", "expected a document of OpenAPI 3.1");
    const SharedParts shared(document.root());
    if (!need(json, "paths", "").is_object())
        refuse("/paths", "expected an object");
    for (auto& [path, item] : json["paths"].items())
        for (const char* method : kMethods)
            if (item.contains(method))
                shared.write_into(item[method], path);
    json.erase(std::string(kShared));
    return json;
}

}  // namespace

const AnswerSpec* OperationSpec::answer(int status) const {
    const auto found = std::ranges::find(answers, status, &AnswerSpec::status);
    return found == answers.end() ? nullptr : &*found;
}

Contract::Contract(std::string_view document, std::string source) {
    const Document read = Document::parse(document, std::move(source));
    try {
        const Json json = written_out(read);
        OperationReader reader(json, schemas_);
        std::set<std::string> ids;
        for (const auto& [path, item] : json["paths"].items())
            for (const auto& [key, operation] : item.items()) {
                if (key == "parameters")
                    continue;
                const std::string place = pointer_to("/paths" + pointer_to("", path), key);
                if (std::ranges::find(kMethods, key) == kMethods.end())
                    refuse(place, "there is no such method here");
                operations_.push_back(reader.read(item, operation, key, path));
                if (!ids.insert(operations_.back().id).second)
                    refuse(
                        place,
                        fmt::format("'{}' is the name of two operations", operations_.back().id));
            }
        json_ = dump_json(json);
    } catch (const Error& error) {
        Faults faults;
        for (const Fault& fault : error.faults())
            faults.add(fault.where, fault.message);
        read.throw_if_any(faults);
    }
}

const OperationSpec& Contract::operation(std::string_view id) const {
    const auto found = std::ranges::find(operations_, id, &OperationSpec::id);
    if (found == operations_.end())
        throw Error(ErrorKind::not_found, fmt::format("there is no operation '{}'", id));
    return *found;
}

std::string_view openapi_document() {
    return openapi_files().front().text;
}

}  // namespace parnas::rest
