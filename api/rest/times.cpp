// SPDX-License-Identifier: Apache-2.0
#include "api/rest/times.h"

#include "core/error.h"

namespace parnas::rest {
namespace {

constexpr std::size_t kSizeWithMilliseconds = std::string_view("2026-11-21T00:10:43.206").size();
constexpr std::size_t kDateSize = std::string_view("2026-11-21").size();

}  // namespace

std::string to_rfc3339(TimePoint time) {
    std::string text = to_string(time);
    text[kDateSize] = 'T';
    return text.substr(0, kSizeWithMilliseconds) + 'Z';
}

TimePoint from_rfc3339(std::string_view text) {
    if (text.size() != kSizeWithMilliseconds + 1 || text[kDateSize] != 'T' || text.back() != 'Z')
        throw Error(ErrorKind::invalid_input, "expected a time like 2026-11-21T00:10:43.206Z");
    std::string stored(text.substr(0, kSizeWithMilliseconds));
    stored[kDateSize] = ' ';
    return time_from_string(stored + "000");
}

}  // namespace parnas::rest
