// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "search/front_keeper.h"
#include "search/job_spec.h"
#include "search/reuse_index.h"
#include "search/screen.h"
#include "search/tell_order.h"
#include "search/trial_codec.h"
#include "store/store.h"

namespace parnas::search {

// The trials of a session from their start to their result, and the batch that a turn
// writes of them. Decides which earlier result answers a trial, and keeps the front.
// Everything that is referred to outlives the ledger.
class TrialLedger {
  public:
    // A trial whose finish is in the batch, at the same place.
    struct Settled {
        Candidate candidate;
        TellOrder::Ended ended;
    };
    // A trial that is ready for a worker.
    struct Offer {
        Candidate candidate;
        std::int64_t attempt = 1;
    };
    // What may become known once the batch is written.
    struct Turn {
        store::Batch batch;
        std::vector<Settled> settled;  // one per finish
        std::vector<Offer> offers;     // to be leased out, in order
        std::vector<Offer> again;      // before all others
    };

    TrialLedger(const JobSpec& job,
                ReuseScope scope,
                const TrialCodec& codec,
                const store::Store& store,
                StudyId study);

    // A new trial; it ends at once if it is infeasible or its result is known.
    void start(const Candidate& candidate, Screened screened, const store::Attributes& attributes);
    // The same of one whose result is known from elsewhere; it answers no other trial.
    void observe(const Candidate& candidate,
                 Screened screened,
                 const store::Attributes& attributes,
                 const Metrics& observed);
    // From the store, by number: then what is reused from which trial comes out as it did
    // the first time.
    void restore_open(const Candidate& candidate, Screened screened, std::int64_t attempt);
    // The same of one that a worker still has.
    void restore_leased(const Candidate& candidate, Screened screened, std::int64_t attempt);
    void restore_result(const store::TrialRecord& record);
    // From the store, in the order in which they ended.
    TellOrder::Ended restore_finished(const store::TrialRecord& record);

    // What it has of the front, for Reranker.
    void restore_front(ParetoArchive archive, Reestimates figures) {
        front_.restore_front(std::move(archive), std::move(figures));
    }
    // Another one than the store has is written.
    void restore_stored_front(std::span<const TrialNumber> front) { front_.restore_stored(front); }
    void rerank(const ParetoArchive& archive, Reestimates figures) {
        front_.rerank(archive, std::move(figures));
    }

    // The open trial is to begin anew, as its next attempt: what it reported is forgotten.
    void retry(TrialNumber number);
    // Of the first objective.
    void report(TrialNumber number, std::int64_t step, double value);
    // The open trial was told to stop, and why: its measurement will not count as a result.
    // The first reason stays.
    void prune(TrialNumber number, std::int64_t step, const std::string& reason);
    // A search trial below fidelity 1 has ended at its rung: pruned, with its result.
    void finish(TrialNumber number, Measurement measurement, std::optional<std::string> weights);
    void fail(TrialNumber number, Failure failure);

    // The trials that have ended in this turn.
    std::span<const Settled> settled() const { return settled_; }
    bool has_open() const { return !open_.empty(); }
    bool is_open(TrialNumber number, std::int64_t attempt) const {
        const auto found = open_.find(number);
        return found != open_.end() && found->second.attempt == attempt;
    }
    const ParetoArchive& front() const { return front_.archive(); }
    // To be written now; what else belongs to this turn may be added.
    store::Batch& batch() { return batch_; }
    const store::Batch& batch() const { return batch_; }
    // Puts the front into the batch if it changed.
    void write_front() { front_.write_change(batch_); }
    // After the batch was written; begins an empty one.
    Turn end_turn();

  private:
    struct Open {
        Candidate candidate;
        Screened screened;
        std::int64_t attempt = 1;
        std::optional<Digest> key;             // under which results are reused
        std::optional<TrialNumber> waits_for;  // the open trial whose result this one takes
        std::optional<std::string> pruned;     // where and why, as a JSON text
    };

    Open& begin(const Candidate& candidate, Screened screened, const store::Attributes& attributes);
    Open& add(const Candidate& candidate, Screened screened, std::int64_t attempt = 1);
    Offer offer_of(TrialNumber number) const;
    bool take_from_this_study(Open& open);
    bool take_from_other_studies(Open& open);
    void tell_of_target(const Open& open);
    void settle_reused(Open& open,
                       Metrics metrics,
                       std::optional<ArtifactId> weights,
                       std::optional<TrialNumber> from);
    void settle_measured(Open& open,
                         Metrics metrics,
                         store::TrialFinish finish,
                         std::optional<std::string> weights);
    void settle_failed(Open& open, Failure failure);
    void settle(Open& open, store::TrialFinish finish, std::optional<std::string> weights);
    void answer_waiting(TrialNumber leader, const Digest& key, bool has_result);

    const JobSpec& job_;
    ReuseScope scope_;
    const TrialCodec& codec_;
    const store::Store& store_;
    StudyId study_;
    FrontKeeper front_;
    ReuseIndex index_;
    std::map<TrialNumber, Open> open_;
    store::Batch batch_;
    std::vector<Settled> settled_;
    std::vector<TrialNumber> to_offer_;
    std::vector<TrialNumber> to_offer_again_;
};

}  // namespace parnas::search
