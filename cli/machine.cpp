// SPDX-License-Identifier: Apache-2.0
#include "cli/machine.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <dlfcn.h>
#include <fstream>
#include <limits>
#include <sched.h>
#include <unistd.h>

#include "core/error.h"

namespace parnas::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kUnlimited = std::numeric_limits<std::uintmax_t>::max();

// Missing files and "max" are no limit.
std::uintmax_t read_limit(const fs::path& file) {
    std::ifstream stream(file);
    std::uintmax_t limit = kUnlimited;
    return stream >> limit ? limit : kUnlimited;
}

// The least limit of the group at `path` below `mount` and of those above it.
std::uintmax_t group_limit(const fs::path& mount, const std::string& path, const char* file) {
    std::uintmax_t limit = read_limit(mount / file);
    for (fs::path group = fs::path(path).relative_path(); !group.empty();
         group = group.parent_path())
        limit = std::min(limit, read_limit(mount / group / file));
    return limit;
}

}  // namespace

int usable_cores() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
}

std::uintmax_t memory_limit() {
    auto limit = static_cast<std::uintmax_t>(sysconf(_SC_PHYS_PAGES)) *
                 static_cast<std::uintmax_t>(sysconf(_SC_PAGESIZE));
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        // "0::/path" in version 2, "4:memory:/path" in version 1.
        const std::size_t path = line.rfind(':') + 1;
        if (line.starts_with("0::"))
            limit = std::min(limit, group_limit("/sys/fs/cgroup", line.substr(path), "memory.max"));
        else if (line.find(":memory:") != std::string::npos)
            limit = std::min(
                limit,
                group_limit("/sys/fs/cgroup/memory", line.substr(path), "memory.limit_in_bytes"));
    }
    return limit;
}

std::optional<fs::path> blas_library() {
    void* library = dlopen("libblas.so.3", RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr)
        return std::nullopt;
    Dl_info info{};
    const void* function = dlsym(library, "dgemm_");
    if (function == nullptr || dladdr(function, &info) == 0)
        return std::nullopt;
    std::error_code error;
    fs::path path = fs::canonical(info.dli_fname, error);
    return error ? fs::path(info.dli_fname) : path;
}

std::string sqlite_version() {
    // Only the store sees SQLite's header; the library itself is part of this program.
    const auto version =
        reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "sqlite3_libversion"));
    check(version != nullptr, "SQLite is not part of this program");
    return version();
}

bool has_wal_reset_bug(const std::string& version) {
    std::array<int, 3> parts{};
    check(std::sscanf(version.c_str(), "%d.%d.%d", &parts[0], &parts[1], &parts[2]) == 3,
          "SQLite's version is not three numbers: " + version);
    return parts >= std::array{3, 7, 0} && parts <= std::array{3, 51, 2};
}

}  // namespace parnas::cli
