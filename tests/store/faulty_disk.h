// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>

#include <sqlite3.h>

namespace parnas::store::samples {

// What SQLite writes through while it lives: the system's files, whose syncs fail on request, or
// one call of any kind. One at a time, and before the stores that it is for.
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

    // The call of this number, from 1 and now, fails: as on a full disk if it is a write and
    // `full`, else as on a broken one.
    void fail_call(std::int64_t number, bool full) {
        full_ = full;
        to_go_ = number;
    }
    // Whether it has come to that.
    bool has_failed() const { return to_go_ <= 0; }

  private:
    enum class Kind { read, write, truncate, sync };

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
            methods.seen.xRead = read;
            methods.seen.xWrite = write;
            methods.seen.xTruncate = truncate;
            methods.seen.xSync = sync;
        }
        file->pMethods = &methods.seen;
        return code;
    }

    static const sqlite3_io_methods& own(sqlite3_file* file) {
        return *reinterpret_cast<const Methods*>(file->pMethods)->own;
    }

    // What the call of this kind gives if its number is up.
    static int next(Kind kind) {
        if (--now()->to_go_ != 0)
            return SQLITE_OK;
        switch (kind) {
            case Kind::read:
                return SQLITE_IOERR_READ;
            case Kind::write:
                return now()->full_ ? SQLITE_FULL : SQLITE_IOERR_WRITE;
            case Kind::truncate:
                return SQLITE_IOERR_TRUNCATE;
            case Kind::sync:
                break;
        }
        return SQLITE_IOERR_FSYNC;
    }

    static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
        const int failure = next(Kind::read);
        return failure == SQLITE_OK ? own(file).xRead(file, to, size, at) : failure;
    }

    // Half of it is written where that fails.
    static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
        const int failure = next(Kind::write);
        const int code = own(file).xWrite(file, from, failure == SQLITE_OK ? size : size / 2, at);
        return failure == SQLITE_OK ? code : failure;
    }

    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        const int failure = next(Kind::truncate);
        return failure == SQLITE_OK ? own(file).xTruncate(file, size) : failure;
    }

    static int sync(sqlite3_file* file, int flags) {
        FaultyDisk& disk = *now();
        if (const int failure = next(Kind::sync); failure != SQLITE_OK)
            return failure;
        const int failure = disk.failure;
        if (failure == SQLITE_OK)
            return own(file).xSync(file, flags);
        ++disk.failed;
        return failure;
    }

    std::atomic<std::int64_t> to_go_ = INT64_MAX;
    std::atomic<bool> full_ = false;
    std::mutex mutex_;
    std::map<const sqlite3_io_methods*, Methods> methods_;
    sqlite3_vfs* under_ = nullptr;
    sqlite3_vfs vfs_{};
};

}  // namespace parnas::store::samples
