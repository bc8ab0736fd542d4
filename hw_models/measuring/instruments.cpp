// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/instruments.h"

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

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

  private:
    // The eighth figure of the first line, "cpu  user nice system idle iowait irq softirq steal".
    std::int64_t stolen_ticks() const {
        std::array<char, 256> text{};
        if (stat_ < 0 || pread(stat_, text.data(), text.size() - 1, 0) <= 0)
            return 0;
        std::int64_t stolen = 0;
        const int read =
            std::sscanf(text.data(), "cpu %*d %*d %*d %*d %*d %*d %*d %" SCNd64, &stolen);
        return read == 1 ? stolen : 0;
    }

    std::filesystem::path proc_;
    int stat_;
};

}  // namespace

std::unique_ptr<Instruments> make_system_instruments(const std::filesystem::path& proc) {
    return std::make_unique<SystemInstruments>(proc);
}

}  // namespace parnas::hw_models
