// SPDX-License-Identifier: Apache-2.0
#include "search/export/whole_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

namespace parnas::search {
namespace {

// A file beside `path` that is removed unless it takes its place.
class Draft {
  public:
    explicit Draft(const std::filesystem::path& path)
        : path_(path), name_(path.string() + ".XXXXXX"), file_(mkostemp(name_.data(), O_CLOEXEC)) {
        if (file_ < 0)
            fail();
    }
    ~Draft() {
        if (file_ < 0)
            return;
        close(file_);
        if (!kept_)
            unlink(name_.c_str());
    }
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    void write(std::string_view text) {
        while (!text.empty()) {
            const ssize_t written = ::write(file_, text.data(), text.size());
            if (written < 0 && errno != EINTR)
                fail();
            text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
        }
    }

    void keep() {
        // As any other program would have made it; mkostemp() leaves it to the owner alone.
        const mode_t mask = umask(0);
        umask(mask);
        if (fchmod(file_, 0666 & ~mask) != 0 || fsync(file_) != 0 ||
            rename(name_.c_str(), path_.c_str()) != 0)
            fail();
        kept_ = true;
    }

  private:
    [[noreturn]] void fail() const {
        throw Error(ErrorKind::unavailable,
                    std::string("cannot be written: ") + std::strerror(errno),
                    path_.string());
    }

    const std::filesystem::path& path_;
    std::string name_;
    int file_;
    bool kept_ = false;
};

}  // namespace

void write_whole_file(const std::filesystem::path& path, std::string_view text) {
    Draft draft(path);
    draft.write(text);
    draft.keep();
}

}  // namespace parnas::search
