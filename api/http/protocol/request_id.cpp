// SPDX-License-Identifier: Apache-2.0
#include "api/http/protocol/request_id.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "core/hash.h"

namespace parnas::http {
namespace {

bool can_be_repeated(std::string_view id) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("-_.:+/=@").find(c) != std::string_view::npos;
    };
    return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, allowed);
}

}  // namespace

RequestIds::RequestIds() {
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    const std::array words = {static_cast<std::uint64_t>(now),
                              static_cast<std::uint64_t>(getpid())};
    seed_ = hash_words(words).low;
}

std::string RequestIds::name(const Headers& headers) {
    const std::string* own = headers.find("X-Request-Id");
    if (own != nullptr && can_be_repeated(*own))
        return *own;
    const std::array words = {seed_, ++count_};
    return fmt::format("{:016x}", hash_words(words).low);
}

}  // namespace parnas::http
