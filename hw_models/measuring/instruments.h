// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/trial.h"

namespace parnas::hw_models {

// Signs that others ran where this process would have, counted from any start.
struct Interruptions {
    std::int64_t switches = 0;      // times that the kernel took a core away from this process
    std::int64_t stolen_ticks = 0;  // that the host gave to other machines

    bool operator==(const Interruptions&) const = default;
};

// What a measurement reads, so that tests can script it. Belongs to one thread.
class Instruments {
  public:
    virtual ~Instruments() = default;
    // Since any start; never goes back.
    virtual Seconds now() = 0;
    virtual Interruptions interruptions() = 0;
    // How long the calling thread could have run, but waited for a core, since any start.
    virtual Seconds queued() = 0;
    // Lets others run for so long.
    virtual void wait(Seconds time) = 0;
    // Moves the calling thread to the next core, where it stays; from then on ticks are counted
    // of that core alone. Nothing where it may run on one only.
    virtual void change_core() = 0;
    // The thread may run wherever it could before, and ticks of all cores count.
    virtual void leave_core() = 0;
};

// The machine's own: the steady clock, getrusage(), `proc`/stat and `proc`/thread-self/schedstat;
// a counter that cannot be read stays 0.
std::unique_ptr<Instruments> make_system_instruments(const std::filesystem::path& proc = "/proc");

}  // namespace parnas::hw_models
