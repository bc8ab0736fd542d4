// SPDX-License-Identifier: Apache-2.0
#include "core/json.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas {
namespace {

constexpr std::size_t kMaxDepth = 64;
// From how many keys on those of an object are also kept in a set, to find one that is there twice.
constexpr std::size_t kManyKeys = 16;

// Makes a document of what the parser meets, and refuses at once what it must not have.
class JsonBuilder final : public nlohmann::json_sax<Json> {
  public:
    explicit JsonBuilder(const std::string& where) : where_(where) {}

    Json take() { return std::move(root_); }

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t& value) override { return add(std::move(value)); }
    bool start_object(std::size_t) override { return open(Json::value_t::object); }
    bool start_array(std::size_t) override { return open(Json::value_t::array); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        Open& object = open_.back();
        auto& members = object.json->get_ref<Json::object_t&>();
        if (has(object, members, name))
            refuse(fmt::format("the key '{}' is there twice", name));
        grow(members);
        // emplace() would look for the key again.
        member_ = &members.emplace_back(std::move(name), nullptr).second;
        return true;
    }

    bool parse_error(std::size_t,
                     const std::string&,
                     const nlohmann::detail::exception& error) override {
        // "[json.exception.parse_error.101] parse error at line 1, column 1: syntax error ..."
        const std::string_view what = error.what();
        const auto* syntax = dynamic_cast<const Json::parse_error*>(&error);
        if (syntax == nullptr)
            refuse(fmt::format("not JSON: {}", what));
        const std::size_t place_end = what.find(": ");
        refuse(fmt::format("not JSON, at byte {}{}",
                           syntax->byte,
                           place_end == what.npos ? "" : what.substr(place_end)));
    }

  private:
    struct Open {
        Json* json;                  // an object or array
        std::set<std::string> keys;  // of an object with many
    };

    template <typename Value>
    bool add(Value&& value) {
        place() = std::forward<Value>(value);
        return true;
    }

    // Where the next value goes. It stays there while it is open: what holds it gets nothing else.
    Json& place() {
        if (open_.empty())
            return root_;
        Json& parent = *open_.back().json;
        return parent.is_object() ? *member_ : parent.get_ref<Json::array_t&>().emplace_back();
    }

    bool open(Json::value_t type) {
        if (open_.size() >= kMaxDepth)
            refuse(fmt::format("nested deeper than {}", kMaxDepth));
        Json& json = place();
        json = Json(type);
        open_.push_back({.json = &json, .keys = {}});
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    static bool has(Open& object, const Json::object_t& members, const std::string& name) {
        if (members.size() < kManyKeys)
            return std::ranges::any_of(members,
                                       [&](const auto& each) { return each.first == name; });
        if (object.keys.empty())
            for (const auto& [key, value] : members)
                object.keys.insert(key);
        return !object.keys.insert(name).second;
    }

    // Makes room for a member. The object's own growth would copy its values with all that is in
    // them, because its keys are constant.
    static void grow(Json::object_t& members) {
        if (members.size() < members.capacity())
            return;
        Json::object_t larger;
        larger.reserve(std::max<std::size_t>(4, 2 * members.size()));
        for (auto& [key, value] : members)
            larger.emplace_back(key, std::move(value));
        members = std::move(larger);
    }

    [[noreturn]] void refuse(std::string message) {
        throw Error(ErrorKind::invalid_input, std::move(message), where_);
    }

    const std::string& where_;
    Json root_;
    std::vector<Open> open_;  // from the root inwards
    Json* member_ = nullptr;  // of the innermost object: the one whose key was read last
};

bool has_non_finite(const Json& json) {
    if (json.is_structured())
        return std::any_of(json.begin(), json.end(), has_non_finite);
    return json.is_number_float() && !std::isfinite(json.get<double>());
}

void name_non_finite(Json& json) {
    if (json.is_structured()) {
        for (Json& each : json)
            name_non_finite(each);
    } else if (has_non_finite(json)) {
        const double value = json.get<double>();
        json = std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    }
}

}  // namespace

Json parse_json(std::string_view text, std::string where) {
    JsonBuilder builder(where);
    Json::sax_parse(text.begin(), text.end(), &builder);
    return builder.take();
}

std::string dump_json(const Json& json) {
    // Bytes that are not UTF-8 (a crashed program's last words) must not stop a report.
    const auto dump = [](const Json& finite) {
        return finite.dump(-1, ' ', false, Json::error_handler_t::replace);
    };
    if (!has_non_finite(json))
        return dump(json);
    Json copy = json;
    name_non_finite(copy);
    return dump(copy);
}

std::string_view type_name(const Json& json) {
    if (json.is_null())
        return "null";
    if (json.is_boolean())
        return "boolean";
    if (json.is_number_integer())
        return "integer";
    if (json.is_number())
        return "number";
    if (json.is_string())
        return "text";
    return json.is_array() ? "array" : "object";
}

std::string pointer_to(std::string_view parent, std::string_view key) {
    std::string pointer(parent);
    pointer += '/';
    for (const char c : key) {
        if (c == '~')
            pointer += "~0";
        else if (c == '/')
            pointer += "~1";
        else
            pointer += c;
    }
    return pointer;
}

std::string pointer_to(std::string_view parent, std::size_t index) {
    return fmt::format("{}/{}", parent, index);
}

}  // namespace parnas
