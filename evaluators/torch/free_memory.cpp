// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/free_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

// The names of one control group version's files.
struct GroupFiles {
    const char* limit;
    const char* usage;
    const char* cache;  // the key in memory.stat
};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file"};
constexpr GroupFiles kVersion1{"memory.limit_in_bytes",
                               "memory.usage_in_bytes",
                               "total_inactive_file"};

std::optional<std::int64_t> read_number(const fs::path& path) {
    std::ifstream file(path);
    std::int64_t number = 0;
    if (file >> number)
        return number;
    return std::nullopt;  // missing, or "max"
}

// The number after `key` in a file of "key value" lines.
std::optional<std::int64_t> read_entry(const fs::path& path, std::string_view key) {
    std::ifstream file(path);
    std::string word, line;
    std::int64_t number = 0;
    while (file >> word) {
        if (word == key && file >> number)
            return number;
        std::getline(file, line);
    }
    return std::nullopt;
}

std::int64_t group_leaves(const fs::path& folder, const GroupFiles& files) {
    const auto limit = read_number(folder / files.limit);
    const auto usage = read_number(folder / files.usage);
    if (!limit || !usage)
        return kUnlimited;
    const std::int64_t cache = read_entry(folder / "memory.stat", files.cache).value_or(0);
    return std::max<std::int64_t>(*limit - *usage + cache, 0);
}

// The least that the group at `path` below `mount` and those above it leave.
std::int64_t groups_leave(const fs::path& mount, const std::string& path, const GroupFiles& files) {
    std::int64_t least = group_leaves(mount, files);
    fs::path folder = mount;
    for (const fs::path& part : fs::path(path).relative_path()) {
        folder /= part;
        least = std::min(least, group_leaves(folder, files));
    }
    return least;
}

}  // namespace

std::int64_t free_memory(const fs::path& root) {
    std::int64_t least = kUnlimited;
    if (const auto kib = read_entry(root / "proc/meminfo", "MemAvailable:"))
        least = *kib * 1024;
    // Lines "hierarchy:controllers:path"; version 2 has hierarchy 0 and no controllers.
    std::ifstream groups(root / "proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos)
            continue;
        const std::string controllers = line.substr(first + 1, second - first - 1);
        const std::string path = line.substr(second + 1);
        if (controllers.empty())
            least = std::min(least, groups_leave(root / "sys/fs/cgroup", path, kVersion2));
        else if (("," + controllers + ",").find(",memory,") != std::string::npos)
            least = std::min(least, groups_leave(root / "sys/fs/cgroup/memory", path, kVersion1));
    }
    return least;
}

std::string to_gib(double bytes) {
    return fmt::format("{:.1f} GiB", bytes / (1024.0 * 1024.0 * 1024.0));
}

}  // namespace parnas::evaluators
