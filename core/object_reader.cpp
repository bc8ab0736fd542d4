// SPDX-License-Identifier: Apache-2.0
#include "core/object_reader.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parnas {
namespace {

template <typename T>
std::string expected_in(std::string_view what, const Range<T>& range) {
    const bool open_below = range.low == Range<T>{}.low;
    const bool open_above = range.high == Range<T>{}.high;
    if (open_below && open_above)
        return std::string(what);
    if (open_above)
        return fmt::format("{} of at least {}", what, range.low);
    if (open_below)
        return fmt::format("{} of at most {}", what, range.high);
    return fmt::format("{} from {} to {}", what, range.low, range.high);
}

template <typename T>
bool in(const Range<T>& range, T value) {
    return range.low <= value && value <= range.high;
}

// What was found: "text 'abc'", "integer 11", "an array".
std::string describe(const Json& json) {
    if (json.is_string())
        return fmt::format("text '{}'", json.get_ref<const std::string&>());
    if (json.is_structured())
        return fmt::format("an {}", type_name(json));
    return json.is_null() ? "null" : fmt::format("{} {}", type_name(json), dump_json(json));
}

// A value that callers may compute with after a fault.
template <typename T>
T neutral(const Range<T>& range) {
    return std::clamp(T{0}, range.low, range.high);
}

std::optional<std::int64_t> to_integer(const Json& json) {
    if (!json.is_number_integer())
        return std::nullopt;
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > Range<std::uint64_t>{}.high / 2)
        return std::nullopt;
    return json.get<std::int64_t>();
}

std::optional<double> to_real(const Json& json) {
    if (!json.is_number() || !std::isfinite(json.get<double>()))
        return std::nullopt;
    return json.get<double>();
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row.back();
}

}  // namespace

ObjectReader::ObjectReader(const Json& json, std::string pointer, Faults& faults)
    : object_(json.is_object() ? &json : nullptr), pointer_(std::move(pointer)), faults_(faults) {
    if (object_ == nullptr)
        faults_.add(pointer_, fmt::format("expected an object, got {}", describe(json)));
}

bool ObjectReader::has(std::string_view key) const {
    return object_ != nullptr && object_->contains(key);
}

const Json* ObjectReader::find(std::string_view key) {
    known_.emplace(key);
    if (object_ == nullptr)
        return nullptr;
    const auto found = object_->find(key);
    return found == object_->end() ? nullptr : &*found;
}

const Json* ObjectReader::need(std::string_view key) {
    const Json* found = find(key);
    if (found == nullptr && object_ != nullptr)
        faults_.add(pointer_, fmt::format("'{}' is missing", key));
    return found;
}

std::string ObjectReader::text(std::string_view key) {
    return read_text(key, need(key)).value_or("");
}

std::string ObjectReader::text(std::string_view key, std::string otherwise) {
    return optional_text(key).value_or(std::move(otherwise));
}

std::optional<std::string> ObjectReader::optional_text(std::string_view key) {
    return read_text(key, find(key));
}

std::int64_t ObjectReader::integer(std::string_view key, Range<std::int64_t> range) {
    return read_integer(key, need(key), range).value_or(neutral(range));
}

std::int64_t ObjectReader::integer(std::string_view key,
                                   std::int64_t otherwise,
                                   Range<std::int64_t> range) {
    return optional_integer(key, range).value_or(otherwise);
}

std::optional<std::int64_t> ObjectReader::optional_integer(std::string_view key,
                                                           Range<std::int64_t> range) {
    return read_integer(key, find(key), range);
}

double ObjectReader::real(std::string_view key, Range<double> range) {
    return read_real(key, need(key), range).value_or(neutral(range));
}

double ObjectReader::real(std::string_view key, double otherwise, Range<double> range) {
    return optional_real(key, range).value_or(otherwise);
}

std::optional<double> ObjectReader::optional_real(std::string_view key, Range<double> range) {
    return read_real(key, find(key), range);
}

bool ObjectReader::boolean(std::string_view key, bool otherwise) {
    const Json* json = find(key);
    if (json == nullptr)
        return otherwise;
    if (json->is_boolean())
        return json->get<bool>();
    fault(key, fmt::format("expected true or false, got {}", describe(*json)));
    return otherwise;
}

std::size_t ObjectReader::word(std::string_view key,
                               std::initializer_list<std::string_view> words,
                               std::string_view otherwise) {
    const Json* json = otherwise.empty() ? need(key) : find(key);
    const std::string_view text = json == nullptr ? otherwise
                                  : json->is_string()
                                      ? std::string_view(json->get_ref<const std::string&>())
                                      : std::string_view();
    const auto* const found = std::ranges::find(words, text);
    if (found != words.end())
        return static_cast<std::size_t>(found - words.begin());
    if (json != nullptr)
        fault(key,
              fmt::format("expected one of '{}', got {}{}",
                          fmt::join(words, "', '"),
                          describe(*json),
                          did_you_mean(text, {words.begin(), words.end()})));
    return 0;
}

void ObjectReader::fault(std::string_view key, std::string message) {
    faults_.add(key.empty() ? pointer_ : pointer(key), std::move(message));
}

std::string ObjectReader::pointer(std::string_view key) const {
    return pointer_to(pointer_, key);
}

void ObjectReader::finish() {
    if (object_ == nullptr)
        return;
    for (const auto& [key, value] : object_->get_ref<const Json::object_t&>())
        if (!known_.contains(key))
            fault(
                key,
                fmt::format(
                    "unknown key '{}'{}", key, did_you_mean(key, {known_.begin(), known_.end()})));
}

std::optional<std::string> ObjectReader::read_text(std::string_view key, const Json* json) {
    if (json == nullptr)
        return std::nullopt;
    if (json->is_string())
        return json->get<std::string>();
    fault(key, fmt::format("expected text, got {}", describe(*json)));
    return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::read_integer(std::string_view key,
                                                       const Json* json,
                                                       const Range<std::int64_t>& range) {
    if (json == nullptr)
        return std::nullopt;
    const std::optional<std::int64_t> value = to_integer(*json);
    if (value && in(range, *value))
        return value;
    fault(key,
          fmt::format("expected {}, got {}", expected_in("an integer", range), describe(*json)));
    return std::nullopt;
}

std::optional<double> ObjectReader::read_real(std::string_view key,
                                              const Json* json,
                                              const Range<double>& range) {
    if (json == nullptr)
        return std::nullopt;
    const std::optional<double> value = to_real(*json);
    if (value && in(range, *value))
        return value;
    fault(key, fmt::format("expected {}, got {}", expected_in("a number", range), describe(*json)));
    return std::nullopt;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t best_distance = std::min<std::size_t>(3, word.size());
    for (const std::string& each : known) {
        if (word.size() > each.size() + best_distance)
            continue;  // too far, and perhaps too long to compare
        const std::size_t distance = edit_distance(word, each);
        if (distance < best_distance) {
            best = each;
            best_distance = distance;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
    const std::string guess = nearest(word, known);
    return guess.empty() ? "" : fmt::format("; did you mean '{}'?", guess);
}

}  // namespace parnas
