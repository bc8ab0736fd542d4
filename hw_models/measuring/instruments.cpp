// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/instruments.h"

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

namespace parnas::hw_models {
namespace {

class SystemInstruments final : public Instruments {
  public:
    explicit SystemInstruments(const std::filesystem::path& proc)
        : proc_(proc), stat_(open((proc / "stat").c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~SystemInstruments() override {
        if (stat_ >= 0)
            close(stat_);
    }
    SystemInstruments(const SystemInstruments&) = delete;
    SystemInstruments& operator=(const SystemInstruments&) = delete;

    Seconds now() override { return std::chrono::steady_clock::now().time_since_epoch(); }

    Interruptions interruptions() override {
        rusage usage{};
        // All threads of the process: a runtime's own ones count, too.
        getrusage(RUSAGE_SELF, &usage);
        return {.switches = usage.ru_nivcsw, .stolen_ticks = stolen_ticks()};
    }

    // The second figure, in nanoseconds.
    Seconds queued() override {
        std::ifstream file(proc_ / "thread-self" / "schedstat");
        std::int64_t running = 0;
        std::int64_t waiting = 0;
        file >> running >> waiting;
        return file ? Seconds(std::chrono::nanoseconds(waiting)) : Seconds(0);
    }

    void wait(Seconds time) override { std::this_thread::sleep_for(time); }

    void change_core() override {
        if (!core_ && sched_getaffinity(0, sizeof allowed_, &allowed_) != 0)
            return;
        const int from = core_.value_or(sched_getcpu());
        for (int step = 1; step < CPU_SETSIZE; ++step) {
            const int next = (from + step) % CPU_SETSIZE;
            if (next == from || !CPU_ISSET(static_cast<std::size_t>(next), &allowed_))
                continue;
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(static_cast<std::size_t>(next), &one);
            if (sched_setaffinity(0, sizeof one, &one) == 0)
                core_ = next;
            return;
        }
    }

    void leave_core() override {
        if (core_)
            sched_setaffinity(0, sizeof allowed_, &allowed_);
        core_.reset();
    }

  private:
    // The eighth figure of a line, "cpu  user nice system idle iowait irq softirq steal": the
    // first line is of all cores, "cpu3" of one.
    std::int64_t stolen_ticks() const {
        std::array<char, 4096> text{};
        if (stat_ < 0 || pread(stat_, text.data(), text.size() - 1, 0) <= 0)
            return 0;
        const char* line = text.data();
        if (core_) {
            const std::string name = fmt::format("\ncpu{} ", *core_);
            line = std::strstr(text.data(), name.c_str());
            if (line == nullptr)
                return 0;
        }
        std::int64_t stolen = 0;
        const int read = std::sscanf(line, " %*s %*d %*d %*d %*d %*d %*d %*d %" SCNd64, &stolen);
        return read == 1 ? stolen : 0;
    }

    std::filesystem::path proc_;
    int stat_;
    std::optional<int> core_;  // where the thread stays
    cpu_set_t allowed_{};      // before that
};

}  // namespace

std::unique_ptr<Instruments> make_system_instruments(const std::filesystem::path& proc) {
    return std::make_unique<SystemInstruments>(proc);
}

}  // namespace parnas::hw_models
