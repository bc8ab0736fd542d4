// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "search/observer.h"
#include "tests/support/catch.h"

namespace parnas::tests {

// Requests a stop once so many trials have ended.
class StopAfter final : public search::Observer {
  public:
    StopAfter(std::int64_t trials, std::stop_source& stop) : trials_(trials), stop_(stop) {}
    void trial_finished(const Candidate&, const store::TrialFinish&) override {
        if (++seen_ == trials_)
            stop_.request_stop();
    }
    void phase_progress(const search::PhaseProgress&) override {}
    void phase_finished(const store::PhaseRecord&) override {}
    void front_changed(std::span<const TrialNumber>) override {}
    void progress(const search::Progress&) override {}
    void store_unavailable(const Error&) override {}

  private:
    std::int64_t trials_;
    std::stop_source& stop_;
    std::int64_t seen_ = 0;
};

// Requests a stop once so many phases have ended.
class StopAfterPhases final : public search::Observer {
  public:
    StopAfterPhases(std::int64_t phases, std::stop_source& stop) : phases_(phases), stop_(stop) {}
    void trial_finished(const Candidate&, const store::TrialFinish&) override {}
    void phase_progress(const search::PhaseProgress&) override {}
    void phase_finished(const store::PhaseRecord&) override {
        if (++seen_ == phases_)
            stop_.request_stop();
    }
    void front_changed(std::span<const TrialNumber>) override {}
    void progress(const search::Progress&) override {}
    void store_unavailable(const Error&) override {}

  private:
    std::int64_t phases_;
    std::stop_source& stop_;
    std::int64_t seen_ = 0;
};

// Remembers what it heard.
class Listener final : public search::Observer {
  public:
    void trial_finished(const Candidate& candidate, const store::TrialFinish& finish) override {
        CHECK(candidate.number == finish.number);
        ++finished;
    }
    void phase_progress(const search::PhaseProgress& now) override { phase_reports.push_back(now); }
    void phase_finished(const store::PhaseRecord& phase) override { phases.push_back(phase); }
    void front_changed(std::span<const TrialNumber> members) override {
        front.assign(members.begin(), members.end());
    }
    void progress(const search::Progress& now) override { last = now; }
    void store_unavailable(const Error& error) override { waited_for.push_back(error.what()); }

    int finished = 0;
    std::vector<search::PhaseProgress> phase_reports;
    std::vector<store::PhaseRecord> phases;
    std::vector<TrialNumber> front;
    search::Progress last;
    std::vector<std::string> waited_for;
};

}  // namespace parnas::tests
