// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <stop_token>

#include "search/job_spec.h"
#include "search/pareto.h"
#include "search/reestimates.h"
#include "search/sampler.h"
#include "search/screen.h"

namespace parnas::search {

// The front of a study by what its target's model says now, as it learns from measurements.
// Belongs to one driver; keeps references. Of a study that does not measure it is empty.
class Reranker {
  public:
    Reranker(const JobSpec& job, Screen& screen) : job_(job), screen_(screen) {}

    // A trial that has ended, with the metrics of its record.
    void add(const Trial& trial);
    // The strategy was told of a trial, which was added.
    void tell(TrialNumber number);

    // Asks the model about all trials if it has learnt since. False if the study does not
    // measure, or `stop` was requested on the way: then the fronts are as they were.
    bool refresh(const std::stop_token& stop);
    // Of all trials, as of the last refresh().
    const ParetoArchive& front() const { return front_; }
    // Of those that the strategy was told of; it depends on no timing.
    const ParetoArchive& front_told() const { return front_told_; }
    // What front() differs by from that of the records (Reestimates).
    const Reestimates& figures_of_front() const { return figures_of_front_; }
    // All that is different.
    Reestimates figures() const;

  private:
    struct Entry {
        Genotype genotype;
        Metrics recorded;
        Metrics newer;                         // those that differ
        std::optional<std::size_t> looked_at;  // Screen::version() that `newer` is by
        bool told = false;
    };

    Reestimates find_figures_of_front() const;
    void look(Entry& entry, const std::stop_token& stop) const;
    void insert(ParetoArchive& archive,
                TrialNumber number,
                const Entry& entry,
                const Metrics& newer) const;

    const JobSpec& job_;
    Screen& screen_;
    std::map<TrialNumber, Entry> entries_;  // what could be on a front
    std::size_t version_ = 0;               // Screen::version() that the fronts are by
    bool stale_ = false;                    // trials came that have no place in them
    ParetoArchive front_;
    ParetoArchive front_told_;
    Reestimates figures_of_front_;
};

}  // namespace parnas::search
