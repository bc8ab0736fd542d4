// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "hw_models/measuring/instruments.h"
#include "hw_models/measuring/runtime.h"

namespace parnas::tests {

// A clock that stands still unless somebody moves it.
struct ScriptedMachine {
    Seconds now{0};
    hw_models::Interruptions interruptions;
    Seconds queued{0};
    Seconds waited{0};
    int core = 0;  // of two
    bool stays = false;
};

class ScriptedInstruments final : public hw_models::Instruments {
  public:
    explicit ScriptedInstruments(ScriptedMachine& machine) : machine_(machine) {}

    Seconds now() override { return machine_.now; }
    hw_models::Interruptions interruptions() override { return machine_.interruptions; }
    Seconds queued() override { return machine_.queued; }
    void wait(Seconds time) override {
        machine_.now += time;
        machine_.waited += time;
    }
    void change_core() override {
        machine_.core = 1 - machine_.core;
        machine_.stays = true;
    }
    void leave_core() override { machine_.stays = false; }

  private:
    ScriptedMachine& machine_;
};

// A run takes what `duration` says of its number, counted from 0; it may change the machine.
class ScriptedRunner final : public hw_models::Runner {
  public:
    ScriptedRunner(ScriptedMachine& machine, std::function<Seconds(int)> duration)
        : machine_(machine), duration_(std::move(duration)) {}

    void run() override { machine_.now += duration_(runs_++); }
    int runs() const { return runs_; }

  private:
    ScriptedMachine& machine_;
    std::function<Seconds(int)> duration_;
    int runs_ = 0;
};

using Runners = std::vector<std::unique_ptr<hw_models::Runner>>;

inline Runners scripted(ScriptedMachine& machine, std::function<Seconds(int)> duration) {
    Runners runners;
    runners.push_back(std::make_unique<ScriptedRunner>(machine, std::move(duration)));
    return runners;
}

}  // namespace parnas::tests
