// SPDX-License-Identifier: Apache-2.0
#include "api/rest/schema.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <regex>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/object_reader.h"

namespace parnas::rest {

struct SchemaSizes {
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

namespace {

// Wide enough for every integer of 64 bits.
using Number = long double;

constexpr std::int64_t kLongestMatched = 1024;

enum JsonType : unsigned {
    null_type = 1,
    boolean_type = 2,
    integer_type = 4,
    number_type = 8,
    text_type = 16,
    array_type = 32,
    object_type = 64,
};

constexpr std::pair<std::string_view, unsigned> kTypeWords[] = {
    {"null", null_type},
    {"boolean", boolean_type},
    {"integer", integer_type},
    {"number", number_type | integer_type},
    {"string", text_type},
    {"array", array_type},
    {"object", object_type},
};

unsigned type_of(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
            return null_type;
        case Json::value_t::boolean:
            return boolean_type;
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return integer_type;
        case Json::value_t::number_float:
            return number_type;
        case Json::value_t::string:
            return text_type;
        case Json::value_t::array:
            return array_type;
        default:
            return object_type;
    }
}

Number number_of(const Json& value) {
    if (value.is_number_unsigned())
        return static_cast<Number>(value.get<std::uint64_t>());
    if (value.is_number_integer())
        return static_cast<Number>(value.get<std::int64_t>());
    return value.get<double>();
}

// Code points, as the specification counts them.
std::int64_t length_of(const std::string& text) {
    return std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
}

void check_sizes(std::int64_t size,
                 const SchemaSizes& sizes,
                 std::string_view what,
                 const std::string& pointer,
                 Faults& faults) {
    if (size < sizes.least)
        faults.add(pointer,
                   fmt::format("expected at least {} {}, got {}", sizes.least, what, size));
    if (size > sizes.most)
        faults.add(pointer, fmt::format("expected at most {} {}, got {}", sizes.most, what, size));
}

std::string short_json(const Json& value) {
    constexpr std::size_t kShown = 100;
    std::string text = dump_json(value);
    if (text.size() <= kShown)
        return text;
    return std::string(type_name(value)) + " of " + std::to_string(text.size()) + " bytes";
}

}  // namespace

struct SchemaNode {
    const SchemaNode* also = nullptr;  // what $ref names
    unsigned types = ~0U;
    std::string type_words;    // for messages
    std::vector<Json> values;  // of enum and const; empty: any
    std::vector<const SchemaNode*> any_of;
    std::optional<Json> otherwise;

    std::optional<Number> minimum, maximum, exclusive_minimum;
    SchemaSizes length;
    std::optional<std::regex> pattern;
    std::string pattern_text;

    SchemaSizes count;  // of an array
    bool unique = false;
    const SchemaNode* items = nullptr;

    SchemaSizes members;
    std::vector<std::string> required;
    std::map<std::string, const SchemaNode*, std::less<>> properties;
    bool closed = false;
    const SchemaNode* others = nullptr;  // of properties that are not named
    const SchemaNode* names = nullptr;

    void check(const Json& value, const std::string& pointer, Faults& faults) const;
    // What can be right at all.
    unsigned all_types() const;

  private:
    void check_any(const Json& value, const std::string& pointer, Faults& faults) const;
    void check_number(const Json& value, const std::string& pointer, Faults& faults) const;
    void check_text(const std::string& value, const std::string& pointer, Faults& faults) const;
    void check_array(const Json& value, const std::string& pointer, Faults& faults) const;
    void check_object(const Json& value, const std::string& pointer, Faults& faults) const;
    void report_unknown(const std::string& key, const std::string& pointer, Faults& faults) const;
};

void SchemaNode::check(const Json& value, const std::string& pointer, Faults& faults) const {
    if (also != nullptr)
        also->check(value, pointer, faults);
    if ((type_of(value) & types) == 0) {
        faults.add(pointer, fmt::format("expected {}, got {}", type_words, short_json(value)));
        return;
    }
    if (!values.empty() && std::ranges::find(values, value) == values.end()) {
        std::vector<std::string> words;
        for (const Json& each : values)
            words.push_back(dump_json(each));
        faults.add(pointer,
                   fmt::format("expected {}, got {}", fmt::join(words, " or "), short_json(value)));
        return;
    }
    if (!any_of.empty())
        check_any(value, pointer, faults);
    if (value.is_number())
        check_number(value, pointer, faults);
    else if (value.is_string())
        check_text(value.get_ref<const std::string&>(), pointer, faults);
    else if (value.is_array())
        check_array(value, pointer, faults);
    else if (value.is_object())
        check_object(value, pointer, faults);
}

unsigned SchemaNode::all_types() const {
    unsigned of_values = 0;
    for (const Json& value : values)
        of_values |= type_of(value);
    return types & (values.empty() ? ~0U : of_values) & (also == nullptr ? ~0U : also->all_types());
}

// If only one alternative is for this type of value, what it says is what is wrong.
void SchemaNode::check_any(const Json& value, const std::string& pointer, Faults& faults) const {
    std::vector<Faults> refusals;
    for (const SchemaNode* each : any_of) {
        Faults refusal;
        each->check(value, pointer, refusal);
        if (refusal.empty())
            return;
        if ((each->all_types() & type_of(value)) != 0)
            refusals.push_back(std::move(refusal));
    }
    if (refusals.size() != 1) {
        faults.add(pointer, fmt::format("{} is none of what is allowed here", short_json(value)));
        return;
    }
    for (const Fault& fault : refusals.front().list())
        faults.add(fault.where, fault.message);
}

void SchemaNode::check_number(const Json& value, const std::string& pointer, Faults& faults) const {
    const Number number = number_of(value);
    const auto fault = [&](std::string_view relation, Number bound) {
        faults.add(pointer,
                   fmt::format("expected a number {} {}, got {}",
                               relation,
                               static_cast<double>(bound),
                               dump_json(value)));
    };
    if (minimum && number < *minimum)
        fault("of at least", *minimum);
    if (maximum && number > *maximum)
        fault("of at most", *maximum);
    if (exclusive_minimum && number <= *exclusive_minimum)
        fault("above", *exclusive_minimum);
}

void SchemaNode::check_text(const std::string& value,
                            const std::string& pointer,
                            Faults& faults) const {
    const std::int64_t size = length_of(value);
    check_sizes(size, length, "characters", pointer, faults);
    if (pattern && size <= length.most && !std::regex_match(value, *pattern))
        faults.add(pointer, fmt::format("expected text like {}", pattern_text));
}

void SchemaNode::check_array(const Json& value, const std::string& pointer, Faults& faults) const {
    check_sizes(std::ssize(value), count, "items", pointer, faults);
    if (std::ssize(value) > count.most)
        return;  // what is far too long is not looked through
    std::set<std::string> seen;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string place = pointer_to(pointer, i);
        if (items != nullptr)
            items->check(value[i], place, faults);
        if (unique && !seen.insert(dump_json(value[i])).second)
            faults.add(place, "is there twice");
    }
}

void SchemaNode::report_unknown(const std::string& key,
                                const std::string& pointer,
                                Faults& faults) const {
    std::vector<std::string> known;
    for (const auto& [name, schema] : properties)
        known.push_back(name);
    faults.add(pointer_to(pointer, key),
               fmt::format("there is no such member{}", did_you_mean(key, known)));
}

void SchemaNode::check_object(const Json& value, const std::string& pointer, Faults& faults) const {
    check_sizes(std::ssize(value), members, "members", pointer, faults);
    if (std::ssize(value) > members.most)
        return;
    for (const std::string& key : required)
        if (!value.contains(key))
            faults.add(pointer_to(pointer, key), "is missing");
    for (const auto& [key, member] : value.items()) {
        const std::string place = pointer_to(pointer, key);
        if (names != nullptr)
            names->check(key, place, faults);
        if (const auto found = properties.find(key); found != properties.end())
            found->second->check(member, place, faults);
        else if (others != nullptr)
            others->check(member, place, faults);
        else if (closed)
            report_unknown(key, pointer, faults);
    }
}

namespace {

[[noreturn]] void refuse_schema(const std::string& pointer, std::string message) {
    throw Error(ErrorKind::invalid_input, std::move(message), pointer);
}

// Reads the keywords of one schema; keywords that hold schemas are left to the set.
class KeywordReader {
  public:
    KeywordReader(const Json& schema, const std::string& pointer)
        : schema_(schema), pointer_(pointer) {
        if (!schema.is_object())
            refuse_schema(pointer, "a schema has to be an object");
    }

    const Json* find(std::string_view keyword) {
        known_.emplace(keyword);
        const auto found = schema_.find(keyword);
        return found == schema_.end() ? nullptr : &*found;
    }

    std::optional<Number> number(std::string_view keyword) {
        const Json* value = find(keyword);
        if (value == nullptr)
            return std::nullopt;
        if (!value->is_number())
            refuse_schema(place(keyword), "expected a number");
        return number_of(*value);
    }

    void size(std::string_view keyword, std::int64_t& bound) {
        const Json* value = find(keyword);
        if (value == nullptr)
            return;
        if (!value->is_number_integer() || value->get<std::int64_t>() < 0)
            refuse_schema(place(keyword), "expected a size");
        bound = value->get<std::int64_t>();
    }

    bool flag(std::string_view keyword) {
        const Json* value = find(keyword);
        if (value != nullptr && !value->is_boolean())
            refuse_schema(place(keyword), "expected true or false");
        return value != nullptr && value->get<bool>();
    }

    std::string text(std::string_view keyword) {
        const Json* value = find(keyword);
        if (value != nullptr && !value->is_string())
            refuse_schema(place(keyword), "expected text");
        return value == nullptr ? std::string() : value->get<std::string>();
    }

    std::vector<std::string> texts(std::string_view keyword) {
        const Json* value = find(keyword);
        std::vector<std::string> all;
        if (value == nullptr)
            return all;
        if (!value->is_array())
            refuse_schema(place(keyword), "expected a list");
        for (const Json& each : *value) {
            if (!each.is_string())
                refuse_schema(place(keyword), "expected a list of texts");
            all.push_back(each.get<std::string>());
        }
        return all;
    }

    std::string place(std::string_view keyword) const { return pointer_to(pointer_, keyword); }

    void finish() {
        for (const char* annotation : {"title", "description", "example", "examples"})
            find(annotation);
        for (const auto& [keyword, value] : schema_.items())
            if (!known_.contains(keyword))
                refuse_schema(place(keyword), "this keyword of JSON Schema is not known here");
    }

  private:
    const Json& schema_;
    const std::string& pointer_;
    std::set<std::string, std::less<>> known_;
};

unsigned type_of_word(const std::string& word, const std::string& pointer) {
    const auto* found = std::ranges::find(
        kTypeWords, word, [](const auto& entry) { return std::string(entry.first); });
    if (found == std::end(kTypeWords))
        refuse_schema(pointer, fmt::format("'{}' is no type", word));
    return found->second;
}

void read_types(KeywordReader& reader, SchemaNode& node) {
    const Json* type = reader.find("type");
    if (type == nullptr)
        return;
    const std::vector<std::string> words =
        type->is_string() ? std::vector{type->get<std::string>()} : reader.texts("type");
    node.types = 0;
    for (const std::string& word : words)
        node.types |= type_of_word(word, reader.place("type"));
    node.type_words = fmt::format("{}", fmt::join(words, " or "));
}

void read_values(KeywordReader& reader, SchemaNode& node) {
    if (const Json* constant = reader.find("const"))
        node.values.push_back(*constant);
    if (const Json* values = reader.find("enum")) {
        if (!values->is_array() || values->empty())
            refuse_schema(reader.place("enum"), "expected a list of values");
        node.values.assign(values->begin(), values->end());
    }
    if (const Json* otherwise = reader.find("default"))
        node.otherwise = *otherwise;
}

void read_text_rules(KeywordReader& reader, SchemaNode& node) {
    reader.size("minLength", node.length.least);
    reader.size("maxLength", node.length.most);
    node.pattern_text = reader.text("pattern");
    if (node.pattern_text.empty())
        return;
    if (node.length.most > kLongestMatched)
        refuse_schema(reader.place("pattern"),
                      fmt::format("needs a maxLength of at most {}", kLongestMatched));
    try {
        node.pattern.emplace(node.pattern_text, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
        refuse_schema(reader.place("pattern"), error.what());
    }
}

void read_scalars(KeywordReader& reader, SchemaNode& node) {
    read_types(reader, node);
    read_values(reader, node);
    node.minimum = reader.number("minimum");
    node.maximum = reader.number("maximum");
    node.exclusive_minimum = reader.number("exclusiveMinimum");
    read_text_rules(reader, node);
    reader.size("minItems", node.count.least);
    reader.size("maxItems", node.count.most);
    node.unique = reader.flag("uniqueItems");
    reader.size("minProperties", node.members.least);
    reader.size("maxProperties", node.members.most);
    node.required = reader.texts("required");
}

template <typename T>
std::optional<Json> parse_number(std::string_view text) {
    T value{};
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return Json(value);
}

}  // namespace

void Schema::check(const Json& value, const std::string& pointer, Faults& faults) const {
    node_->check(value, pointer, faults);
}

Json Schema::value_of(std::string_view text) const {
    const unsigned types = node_->all_types();
    if ((types & text_type) != 0)
        return text;
    if ((types & integer_type) != 0)
        if (auto value = parse_number<std::int64_t>(text))
            return *value;
    if ((types & number_type) != 0)
        if (auto value = parse_number<double>(text); value && std::isfinite(value->get<double>()))
            return *value;
    if ((types & boolean_type) != 0 && (text == "true" || text == "false"))
        return text == "true";
    return text;
}

const Json* Schema::default_value() const {
    for (const SchemaNode* node = node_; node != nullptr; node = node->also)
        if (node->otherwise)
            return &*node->otherwise;
    return nullptr;
}

SchemaSet::SchemaSet() = default;
SchemaSet::~SchemaSet() = default;

Schema SchemaSet::compile(const Json& document, const std::string& pointer) {
    return Schema(node_at(document, pointer));
}

const SchemaNode& SchemaSet::node_at(const Json& document, const std::string& pointer) {
    auto& place = nodes_[pointer];
    if (place != nullptr)
        return *place;
    const Json::json_pointer path(pointer);
    if (!document.contains(path))
        refuse_schema(pointer, "there is nothing");
    place = std::make_unique<SchemaNode>();
    SchemaNode& node = *place;  // schemas may refer to it before it is read
    KeywordReader reader(document.at(path), pointer);
    read_scalars(reader, node);
    const auto node_of = [&](const std::string& at) { return &node_at(document, at); };
    if (reader.find("$ref") != nullptr)
        node.also = &referenced(document, reader.text("$ref"), reader.place("$ref"));
    if (const Json* any = reader.find("anyOf"))
        for (std::size_t i = 0; i < any->size(); ++i)
            node.any_of.push_back(node_of(pointer_to(reader.place("anyOf"), i)));
    if (reader.find("items") != nullptr)
        node.items = node_of(reader.place("items"));
    if (reader.find("propertyNames") != nullptr)
        node.names = node_of(reader.place("propertyNames"));
    if (const Json* properties = reader.find("properties"))
        for (const auto& [key, property] : properties->items())
            node.properties[key] = node_of(pointer_to(reader.place("properties"), key));
    if (const Json* others = reader.find("additionalProperties")) {
        node.closed = others->is_boolean() && !others->get<bool>();
        if (!others->is_boolean())
            node.others = node_of(reader.place("additionalProperties"));
    }
    reader.finish();
    return node;
}

const SchemaNode& SchemaSet::referenced(const Json& document,
                                        const std::string& reference,
                                        const std::string& pointer) {
    if (!reference.starts_with("#/"))
        refuse_schema(pointer, fmt::format("'{}' is not in this document", reference));
    return node_at(document, reference.substr(1));
}

}  // namespace parnas::rest
