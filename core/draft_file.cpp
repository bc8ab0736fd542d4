// SPDX-License-Identifier: Apache-2.0
#include "core/draft_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

namespace parnas {
namespace {

// Makes the name of a file as lasting as its content.
bool sync_folder(const std::filesystem::path& folder) {
    const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return false;
    const bool synced = fsync(file) == 0;
    close(file);
    return synced;
}

mode_t mode_for(Readers readers) {
    if (readers == Readers::owner)
        return S_IRUSR | S_IWUSR;
    // As any other program would have made it; mkostemp() leaves it to the owner alone.
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

}  // namespace

DraftFile::DraftFile(const std::filesystem::path& path) : path_(path) {
    std::string name = path_.string() + ".XXXXXX";
    file_ = mkostemp(name.data(), O_CLOEXEC);
    if (file_ < 0)
        fail();
    draft_ = name;
}

DraftFile::~DraftFile() {
    close(file_);
    if (!kept_)
        unlink(draft_.c_str());
}

void DraftFile::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file_, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            fail();
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

void DraftFile::keep(Readers readers) {
    if (fchmod(file_, mode_for(readers)) != 0 || fsync(file_) != 0 ||
        rename(draft_.c_str(), path_.c_str()) != 0)
        fail();
    kept_ = true;
    if (!sync_folder(std::filesystem::absolute(path_).parent_path()))
        fail();
}

void DraftFile::fail() const {
    throw Error(ErrorKind::unavailable,
                std::string("cannot be written: ") + std::strerror(errno),
                path_.string());
}

}  // namespace parnas
