// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"

namespace parnas {

template <typename T>
struct Range {
    T low = std::numeric_limits<T>::lowest();
    T high = std::numeric_limits<T>::max();
};

// Reads one JSON object strictly. Every key must be asked for; what is missing, of the
// wrong type, out of range or unknown becomes a fault with its pointer, and reading goes
// on, so that a document shows all its faults at once. After a fault the getter returns
// the default (or a neutral value): callers look at the faults before they use anything.
class ObjectReader {
  public:
    // `json` may be of any type: if it is not an object, that is the fault.
    ObjectReader(const Json& json, std::string pointer, Faults& faults);

    bool has(std::string_view key) const;
    // The value as it is, or nullptr; marks the key as known.
    const Json* find(std::string_view key);
    // As find(), but a missing key is a fault.
    const Json* need(std::string_view key);

    std::string text(std::string_view key);
    std::string text(std::string_view key, std::string otherwise);
    std::optional<std::string> optional_text(std::string_view key);
    std::int64_t integer(std::string_view key, Range<std::int64_t> range = {});
    std::int64_t integer(std::string_view key,
                         std::int64_t otherwise,
                         Range<std::int64_t> range = {});
    std::optional<std::int64_t> optional_integer(std::string_view key,
                                                 Range<std::int64_t> range = {});
    double real(std::string_view key, Range<double> range = {});
    double real(std::string_view key, double otherwise, Range<double> range = {});
    std::optional<double> optional_real(std::string_view key, Range<double> range = {});
    bool boolean(std::string_view key, bool otherwise);
    // One of `words`; returns its index, or 0 after a fault.
    std::size_t word(std::string_view key,
                     std::initializer_list<std::string_view> words,
                     std::string_view otherwise = {});

    // Adds a fault at `key`, or at the object itself if `key` is empty.
    void fault(std::string_view key, std::string message);
    std::string pointer(std::string_view key) const;
    Faults& faults() { return faults_; }
    // Every key that nobody asked for is a fault that names the nearest known one.
    // To be called once, at the end.
    void finish();

  private:
    // Nothing if `json` is nullptr; nothing and a fault if it does not fit.
    std::optional<std::string> read_text(std::string_view key, const Json* json);
    std::optional<std::int64_t> read_integer(std::string_view key,
                                             const Json* json,
                                             const Range<std::int64_t>& range);
    std::optional<double> read_real(std::string_view key,
                                    const Json* json,
                                    const Range<double>& range);

    const Json* object_;
    std::string pointer_;
    Faults& faults_;
    std::set<std::string, std::less<>> known_;
};

// The entry of `known` nearest to `word` (edit distance at most 2), or empty.
std::string nearest(std::string_view word, const std::vector<std::string>& known);
// The end of a message about an unknown word: "; did you mean 'lr'?", or empty.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace parnas
