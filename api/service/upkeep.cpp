// SPDX-License-Identifier: Apache-2.0
#include "api/service/upkeep.h"

#include <algorithm>
#include <system_error>

#include "store/sqlite_file.h"

namespace parnas::service {
namespace {

// Holds a flag up while it lives.
class Busy {
  public:
    Busy(std::atomic<bool>& flag, const char* what) : flag_(flag) {
        if (flag_.exchange(true))
            throw Error(ErrorKind::conflict, what);
    }
    ~Busy() { flag_ = false; }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

  private:
    std::atomic<bool>& flag_;
};

// "2026-11-21T001043.206789Z.db": ascends with time, and fits every file system.
std::string name_at(TimePoint time) {
    std::string name = to_string(time);
    std::erase(name, ':');
    std::ranges::replace(name, ' ', 'T');
    return name + "Z.db";
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directory(folder, error);
    if (error)
        throw Error(ErrorKind::unavailable, error.message(), folder.string());
}

}  // namespace

std::filesystem::path Upkeep::folder() const {
    return file_.string() + ".backups";
}

Backup Upkeep::back_up(const std::string& actor) {
    const Busy busy(backing_up_, "a backup is being written");
    make_folder(folder());
    const TimePoint time = now();
    Backup backup{.name = name_at(time), .created = time};
    backup.bytes = store::back_up(file_, folder() / backup.name, store::Overwrite::no).bytes;
    kept_.append({.time = time,
                  .actor = actor,
                  .action = "backup.created",
                  .subject = backup.name,
                  .detail = "{}"});
    return backup;
}

std::vector<Fault> Upkeep::check() {
    const Busy busy(checking_, "the store is being checked");
    return store::check_file(file_);
}

}  // namespace parnas::service
