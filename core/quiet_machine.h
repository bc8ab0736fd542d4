// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace parnas {

// An advisory lock (flock) on a file that is made if need be. Belongs to one thread.
class LockFile {
  public:
    // Throws Error(unavailable) if the file cannot be opened.
    explicit LockFile(const std::filesystem::path& path);
    // Lets go, also if a forked child still has the file open.
    ~LockFile();
    LockFile(const LockFile&) = delete;
    LockFile& operator=(const LockFile&) = delete;

    void lock_shared();
    bool try_lock_shared();
    void lock_exclusive();
    void unlock();

  private:
    int file_;
};

// The machine-wide agreement that nothing else computes while a latency is measured.
//
// Whoever computes for long holds a Busy and calls pause_point() often (a training loop:
// once per batch). Whoever measures holds a Quiet: it waits until every Busy has paused,
// in this process and in all others of this user, and keeps them paused. Built on two
// advisory file locks, so a process that dies lets go: everyone busy shares the floor, and
// the gate keeps newcomers out while a Quiet waits for the floor. A Busy costs two system
// calls at each pause point.
//
// Each object belongs to one thread. Holding both in one thread is a deadlock.
class Busy {
  public:
    Busy();
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

    // Whether somebody measures or waits to: for those who have to prepare a pause.
    bool is_asked_to_pause();
    // Lets a waiting measurement run to its end.
    void pause_point();
    // Calls `wait`, which computes nothing: measurements may run until it returns.
    template <typename Wait>
    auto pause_while(const Wait& wait) {
        floor_.unlock();
        auto answer = wait();
        enter();
        return answer;
    }

  private:
    void enter();

    LockFile gate_;
    LockFile floor_;
};

class Quiet {
  public:
    Quiet();
    ~Quiet();
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;

  private:
    LockFile gate_;
    LockFile floor_;
};

// Where the lock files are: $XDG_RUNTIME_DIR, else the system's folder for temporary files.
std::filesystem::path quiet_machine_folder();

}  // namespace parnas
