// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "search/job_spec.h"
#include "search/lease_desk.h"
#include "search/lease_turns.h"
#include "search/observer.h"
#include "search/pruner.h"
#include "search/reuse_index.h"
#include "search/screen.h"
#include "search/strategy.h"
#include "search/terminators/terminator.h"
#include "store/store.h"

namespace parnas::search {

// What drives a study besides its job. Everything that is referred to outlives the driver.
struct DriverParts {
    const JobSpec& job;
    const spaces::SearchSpace& space;
    Screen& screen;
    store::Store& store;
    StudyId study{};
    ReuseScope reuse;
    // Makes the strategy in the state in which it was told nothing.
    std::function<std::unique_ptr<Strategy>()> make_strategy;
    const Pruner* pruner = nullptr;  // none: no trial is stopped early
    // Told nothing yet; none: nothing but the budget ends the search.
    Terminator* terminator = nullptr;
    std::size_t in_flight = 1;  // trials at a time, if the job has no lag
    // Of workers elsewhere; null: there are none. With them and without a lag, one trial more is
    // pending than workers have or wait for.
    const RemoteLeases* remote = nullptr;
    std::span<Observer* const> observers;
    Seconds patience{60.0};  // with a store that is unavailable
};

struct StudyEnd {
    store::StudyState state = store::StudyState::complete;
    std::string reason;
};

// Drives a study from what is in the store to its end or `stop`: asks the strategy,
// screens, leases, records, tells. For one thread; workers talk to `desk`, which is closed
// at the end. A turn drains the mail, tells the strategy, takes its proposals, writes it all
// as one batch, and only then tells workers and observers.
//
// With `lag: L`, proposal k is made after exactly the trials 0..k-L were told, in order,
// so what is proposed does not depend on the number of workers or on who is quicker.
// A phase runs alone: while it does nothing is told or proposed, though trials that are
// pending go on. It is told where it was asked for: after the same trials, whatever ended
// meanwhile. Failure(cancelled) after `stop` leaves nothing behind, and the next session's
// strategy asks for it again; any other failure of a phase fails the study.
// Finalists are chosen when the search is over, and never told to the strategy. With a
// larger budget a later session goes on with the search, after the finalists by number, and
// chooses again: of the best, those that were not chosen before.
//
// With a pruner every report of a search trial waits for its verdict, which depends on no
// other timing than the proposals do. What a trial measured that was told to stop is kept
// with it, but does not count as a result.
//
// Open evaluations are waited for; those that report Failure(cancelled) after `stop`, and
// those that wait for a verdict then, are leased again by the next session. Remote workers are
// not waited for: what they have, they have in the next session too. Throws Error(conflict)
// if another driver has or takes the study, and what the store throws.
StudyEnd drive_study(const DriverParts& parts, LeaseDesk& desk, const std::stop_token& stop);

}  // namespace parnas::search
