// SPDX-License-Identifier: Apache-2.0
#include "core/quiet_machine.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas {
namespace {

std::filesystem::path lock_path(std::string_view name) {
    return quiet_machine_folder() / fmt::format("parnas-{}-{}.lock", getuid(), name);
}

[[noreturn]] void fail(std::string_view what, int code, std::string where) {
    throw Error(ErrorKind::unavailable,
                fmt::format("cannot {}: {}", what, std::generic_category().message(code)),
                std::move(where));
}

// False if `operation` has LOCK_NB and somebody else has the lock.
bool lock(int file, int operation) {
    while (flock(file, operation) != 0) {
        if (errno == EWOULDBLOCK)
            return false;
        if (errno != EINTR)
            fail("lock the machine", errno, quiet_machine_folder().string());
    }
    return true;
}

}  // namespace

LockFile::LockFile(const std::filesystem::path& path)
    : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (file_ < 0)
        fail("open the lock file", errno, path.string());
}

LockFile::~LockFile() {
    flock(file_, LOCK_UN);
    close(file_);
}

void LockFile::lock_shared() {
    lock(file_, LOCK_SH);
}
bool LockFile::try_lock_shared() {
    return lock(file_, LOCK_SH | LOCK_NB);
}
void LockFile::lock_exclusive() {
    lock(file_, LOCK_EX);
}
void LockFile::unlock() {
    lock(file_, LOCK_UN);
}

Busy::Busy() : gate_(lock_path("gate")), floor_(lock_path("floor")) {
    enter();
}

Busy::~Busy() = default;

bool Busy::is_asked_to_pause() {
    if (!gate_.try_lock_shared())
        return true;
    gate_.unlock();
    return false;
}

void Busy::pause_point() {
    if (!is_asked_to_pause())
        return;
    floor_.unlock();
    enter();
}

void Busy::enter() {
    gate_.lock_shared();
    gate_.unlock();
    floor_.lock_shared();
}

Quiet::Quiet() : gate_(lock_path("gate")), floor_(lock_path("floor")) {
    gate_.lock_exclusive();
    floor_.lock_exclusive();
}

Quiet::~Quiet() = default;

std::filesystem::path quiet_machine_folder() {
    // Nothing in parnas sets environment variables.
    const char* folder = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
    if (folder != nullptr && *folder != '\0')
        return folder;
    return std::filesystem::temp_directory_path();
}

}  // namespace parnas
