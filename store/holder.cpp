// SPDX-License-Identifier: Apache-2.0
#include "store/holder.h"

#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>

#include <fmt/format.h>

namespace parnas::store {
namespace {

// Field 22 of /proc/PID/stat; nothing if there is no such process or it is a zombie.
std::optional<std::int64_t> process_start(std::int64_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    std::ostringstream content;
    content << file.rdbuf();
    const std::string stat = content.str();
    // The name, field 2, is in parentheses and may itself hold spaces and parentheses.
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos)
        return std::nullopt;
    std::istringstream rest(stat.substr(name_end + 1));
    std::string state;
    rest >> state;
    if (state == "Z" || state == "X")
        return std::nullopt;
    std::string skipped;
    for (int field = 4; field < 22; ++field)
        rest >> skipped;
    std::int64_t start = 0;
    if (!(rest >> start))
        return std::nullopt;
    return start;
}

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0)
        return "localhost";
    return name.data();
}

bool same(const Holder& a, const Holder& b) {
    return a.host == b.host && a.pid == b.pid && a.process_start == b.process_start;
}

}  // namespace

Holder this_process() {
    const auto pid = static_cast<std::int64_t>(getpid());
    return {.host = host_name(), .pid = pid, .process_start = process_start(pid).value_or(0)};
}

bool has_ended(const Holder& holder) {
    return holder.host == host_name() && process_start(holder.pid) != holder.process_start;
}

bool is_held(const Claim& claim, TimePoint time) {
    return claim.expires > time && !has_ended(claim.holder);
}

bool may_take(const Claim& current, const Holder& claimant, TimePoint time) {
    return same(current.holder, claimant) || !is_held(current, time);
}

TimePoint expiry(TimePoint time, Seconds ttl) {
    return time + std::chrono::duration_cast<TimePoint::duration>(ttl);
}

std::string describe(const Holder& holder) {
    return fmt::format("{}, process {}", holder.host, holder.pid);
}

}  // namespace parnas::store
