// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include <sqlite3.h>

namespace parnas::store::samples {

// What SQLite writes through while it lives: the system's files, whose syncs fail on request.
// One at a time, and before the stores that it is for.
class FaultyDisk {
  public:
    FaultyDisk() {
        under_ = sqlite3_vfs_find(nullptr);
        vfs_ = *under_;
        vfs_.zName = "faulty";
        vfs_.pNext = nullptr;
        vfs_.xOpen = open;
        now() = this;
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~FaultyDisk() {
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(under_, 1);
        now() = nullptr;
    }
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    std::atomic<int> failure = SQLITE_OK;  // what a sync gives, in the place of being done
    std::atomic<int> failed = 0;           // syncs

  private:
    static FaultyDisk*& now() {
        static FaultyDisk* disk = nullptr;
        return disk;
    }

    // Of one kind of files; SQLite sees the first member.
    struct Methods {
        sqlite3_io_methods seen;
        const sqlite3_io_methods* own;
    };

    // The file is the system's own with other methods: those of its kind, but for the sync.
    static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* opened_as) {
        FaultyDisk& disk = *now();
        const int code = disk.under_->xOpen(disk.under_, name, file, flags, opened_as);
        if (code != SQLITE_OK || file->pMethods == nullptr)
            return code;
        const std::lock_guard lock(disk.mutex_);
        Methods& methods = disk.methods_[file->pMethods];
        if (methods.own == nullptr) {
            methods = {.seen = *file->pMethods, .own = file->pMethods};
            methods.seen.xSync = sync;
        }
        file->pMethods = &methods.seen;
        return code;
    }

    static int sync(sqlite3_file* file, int flags) {
        FaultyDisk& disk = *now();
        const int failure = disk.failure;
        if (failure == SQLITE_OK)
            return reinterpret_cast<const Methods*>(file->pMethods)->own->xSync(file, flags);
        ++disk.failed;
        return failure;
    }

    std::mutex mutex_;
    std::map<const sqlite3_io_methods*, Methods> methods_;
    sqlite3_vfs* under_ = nullptr;
    sqlite3_vfs vfs_{};
};

}  // namespace parnas::store::samples
