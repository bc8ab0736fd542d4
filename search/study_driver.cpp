// SPDX-License-Identifier: Apache-2.0
#include "search/study_driver.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "search/announcer.h"
#include "search/budget_meter.h"
#include "search/finalists.h"
#include "search/lease_turns.h"
#include "search/phase_turns.h"
#include "search/referee.h"
#include "search/reranker.h"
#include "search/session_clock.h"
#include "search/strategy_host.h"
#include "search/study_writer.h"
#include "search/tell_order.h"
#include "search/trial_codec.h"
#include "search/trial_ledger.h"

namespace parnas::search {
namespace {

using Clock = std::chrono::steady_clock;

// A turn that has begun as many trials, or takes longer, is written before it goes on, and
// after a long one results are written before the next begins: strategies and models may take
// seconds for a proposal, and what was measured is not to be lost meanwhile.
constexpr std::size_t kFullBatch = 1000;
constexpr std::chrono::milliseconds kLongTurn{50};

class Session {
  public:
    Session(const DriverParts& parts, LeaseDesk& desk, const std::stop_token& stop)
        : parts_(parts),
          job_(parts.job),
          desk_(desk),
          stop_(stop),
          writer_(parts.store, parts.study),
          codec_(parts.space.params()),
          ledger_(job_, parts.reuse, codec_, parts.store, parts.study),
          phases_(job_.seed, desk, parts.observers),
          order_(job_.lag, parts.in_flight),
          meter_(job_.budget),
          referee_(parts.pruner, job_.lag),
          leases_(job_, desk, ledger_, referee_, parts.remote),
          known_([this](const Genotype& genotype) { return known(genotype); }),
          strategy_(parts.make_strategy, [this] { return told_so_far(); }),
          reranker_(job_, parts.screen),
          announcer_(parts.observers) {}

    StudyEnd run() {
        restore();
        desk_.restored();
        bool more = propose();
        end_turn();
        while (!stop_.stop_requested()) {
            plan_finalists();
            if (over())
                break;
            handle(more || !ledger_.batch().empty() ? desk_.take_mail()
                                                    : desk_.wait_for_mail(stop_));
            if (slow_to_propose_)
                publish();
            more = propose();
            end_turn();
        }
        if (!over())
            wind_down();
        return finish();
    }

  private:
    // Of what is recorded with the batch.
    struct Added {
        std::vector<TrialNumber> numbers;
        std::promise<std::vector<TrialNumber>> recorded;
    };

    bool failed() const { return end_ && end_->state == store::StudyState::failed; }

    bool over() const {
        return failed() ||
               (end_ && !ledger_.has_open() && ledger_.batch().empty() && finalists_planned_);
    }

    void end_search(store::StudyState state, std::string reason) {
        if (!failed())
            end_ = StudyEnd{.state = state, .reason = std::move(reason)};
    }

    // --- from the store -----------------------------------------------------------------

    void restore() {
        clock_ = SessionClock(parts_.store, parts_.study);
        ledger_.batch().state = store::StudyState::running;
        ledger_.batch().events.push_back({.time = now(), .kind = "session_started", .body = "{}"});
        std::vector<store::TrialRecord> records = parts_.store.trials(parts_.study);
        if (!records.empty())
            next_ = records.back().number + 1;
        strangers_ = drop_strangers(records);
        for (const store::TrialRecord& record : records)
            if (!restore_candidate(record))
                return;
        if (!job_.lag)
            std::ranges::stable_sort(records, {}, &store::TrialRecord::finished);
        for (const store::TrialRecord& record : records)
            if (is_finished(record.state))
                restore_finished(record);
        for (const store::PhaseRecord& phase : parts_.store.phases(parts_.study)) {
            end(phases_.restore(phase));
            announcer_.count(phase);
        }
        if (parts_.screen.measures() || strangers_ > 0)
            ledger_.restore_front(archive_of(job_, current_trials(parts_.store, parts_.study)),
                                  front_figures(parts_.store, parts_.study).figures);
        // Other programs add trials, and no front.
        ledger_.restore_stored_front(parts_.store.front(parts_.study));
    }

    // Other programs' trials that are no points of the space: nothing follows from them but what
    // they take of the budget, and they stay as they are. Returns how many there were.
    std::size_t drop_strangers(std::vector<store::TrialRecord>& records) const {
        return std::erase_if(records, [this](const store::TrialRecord& record) {
            return record.genotype.empty() && !codec_.genotype_of(record);
        });
    }

    // False if stop was requested before the hardware model had answered.
    bool restore_candidate(const store::TrialRecord& record) {
        const Candidate candidate = codec_.to_candidate(record);
        const auto figures =
            parts_.screen.measures() ? target_figures_of(record.system_attributes) : std::nullopt;
        if (figures)
            parts_.screen.learn(candidate.genotype, *figures);
        announcer_.count_start(figures);
        referee_.start(candidate);
        if (candidate.stage == Stage::search)
            order_.add(candidate);
        else
            finalists_.push_back(candidate.genotype);
        if (is_finished(record.state)) {
            ledger_.restore_result(record);
            return true;
        }
        std::optional<Screened> screened =
            figures ? parts_.screen.recall(candidate.genotype, *figures) : screen(candidate);
        if (screened)
            restore_open(record, candidate, *std::move(screened));
        return screened.has_value();
    }

    void restore_open(const store::TrialRecord& record,
                      const Candidate& candidate,
                      Screened screened) {
        const std::optional<LeasedTrial> leased = leases_.find_out(record.number);
        if (!leased || leased->attempt != record.attempt) {
            ledger_.restore_open(candidate, std::move(screened), record.attempt + 1);
            return;
        }
        ledger_.restore_leased(candidate, std::move(screened), record.attempt);
        referee_.restore(record);
        leases_.restore(candidate, *leased);
    }

    void restore_finished(const store::TrialRecord& record) {
        const TellOrder::Ended ended = ledger_.restore_finished(record);
        announcer_.count(ended, record.failure);
        reranker_.add(ended.trial);
        referee_.restore_finished(record);
        if (record.stage == Stage::search)
            order_.end(ended);
    }

    // --- asking and telling the strategy -------------------------------------------------

    // What is told here is not in the store yet, but in the batch of the proposals that follow
    // from it: both are written, or neither. True if the batch is to be written first and there
    // may be more to propose.
    bool propose() {
        const Clock::time_point begin = Clock::now();
        const auto is_long = [begin] { return Clock::now() - begin >= kLongTurn; };
        while (!end_ && !stop_.stop_requested()) {
            if (ledger_.batch().starts.size() >= kFullBatch || is_long())
                return true;
            hear_settled();
            if (parts_.remote)
                order_.set_in_flight(desk_.demand() + 1);
            TellOrder::Due due = order_.due();
            const bool may_propose = due.may_propose;
            tell(std::move(due));
            if (end_ || !may_propose)
                break;
            if (const auto reason = terminator_verdict()) {
                end_search(store::StudyState::complete, *reason);
                break;
            }
            if (const auto reason = meter_.spent(trials_so_far(), clock_.elapsed())) {
                end_search(store::StudyState::complete, *reason);
                spent_ = true;
                break;
            }
            if (const std::optional<Step> step = ask())
                follow(*step);
            slow_to_propose_ = is_long();
        }
        return false;
    }

    std::int64_t trials_so_far() const {
        return order_.count() + static_cast<std::int64_t>(strangers_);
    }

    // Tells order and pruning of what has ended since the last call.
    void hear_settled() {
        const std::span<const TrialLedger::Settled> settled = ledger_.settled();
        for (; heard_ < settled.size(); ++heard_) {
            const auto& [candidate, ended] = settled[heard_];
            referee_.end(candidate.number, ended.trial.state);
            reranker_.add(ended.trial);
            if (candidate.stage == Stage::search)
                order_.end(ended);
        }
    }

    void plan_finalists() {
        if (may_plan_finalists() && !finalists_planned_)
            finalists_planned_ = start_finalists();
    }

    // The whole search is in the store.
    bool may_plan_finalists() const {
        return end_ && !failed() && !ledger_.has_open() && ledger_.batch().empty() &&
               !stop_.stop_requested();
    }

    void tell(TellOrder::Due due) {
        std::vector<Finished> finished;
        for (auto& each : due.tell)
            finished.push_back(std::visit([this](auto& ended) { return spend(ended); }, each));
        if (!finished.empty())
            strategy_.tell(finished);
        end_if_strategy_failed();
    }

    std::optional<std::string> terminator_verdict() const {
        return parts_.terminator ? parts_.terminator->verdict() : std::nullopt;
    }

    Finished spend(TellOrder::Ended& ended) {
        meter_.spend_on_trial(ended.cost, ended.reused);
        reranker_.tell(ended.trial.number);
        if (parts_.terminator)
            parts_.terminator->tell(ended.trial);
        return std::move(ended.trial);
    }

    Finished spend(FinishedPhase& phase) {
        meter_.spend(phase.result.cost);
        return std::move(phase);
    }

    std::optional<Step> ask() {
        Rng rng = Rng(job_.seed).fork("ask").fork(static_cast<std::uint64_t>(next_));
        std::optional<Step> step = strategy_.next(
            {.space = parts_.space,
             .number = next_,
             .pending = order_.pending(),
             .rng = rng,
             .known = known_,
             .predict = [this](const Genotype& genotype) { return predict(genotype); }});
        end_if_strategy_failed();
        return step;
    }

    // Where nothing is reused by architecture, its genotypes may give different results.
    KnownFacts known(const Genotype& genotype) const {
        KnownFacts facts = parts_.screen.known(genotype);
        if (parts_.reuse.reuse != Reuse::architecture)
            facts.identity = spaces::hash(genotype);
        return facts;
    }

    Predicted predict(const Genotype& genotype) const {
        Screened screened = parts_.screen.look(genotype, stop_);
        return {.metrics = std::move(screened.metrics), .failure = std::move(screened.failure)};
    }

    void end_if_strategy_failed() {
        if (strategy_.failure())
            end_search(store::StudyState::failed, *strategy_.failure());
    }

    std::vector<Finished> told_so_far() {
        publish();
        std::vector<store::TrialRecord> records = parts_.store.trials(parts_.study);
        std::erase_if(records, [&](const store::TrialRecord& record) {
            return !is_finished(record.state) || record.stage != Stage::search ||
                   !order_.told(record.number);
        });
        drop_strangers(records);
        if (!job_.lag)
            std::ranges::stable_sort(records, {}, &store::TrialRecord::finished);
        std::vector<Trial> trials;
        for (const store::TrialRecord& record : records)
            trials.push_back(codec_.to_trial(record, job_));
        const std::vector<store::PhaseRecord> phases = parts_.store.phases(parts_.study);
        return in_order_told(
            std::move(trials),
            std::span(phases).first(static_cast<std::size_t>(order_.phases_told())));
    }

    void follow(const Step& step) {
        if (const auto* proposal = std::get_if<Proposal>(&step))
            start(*proposal);
        else if (const auto* done = std::get_if<Done>(&step))
            end_search(store::StudyState::complete, done->reason);
        else if (const auto* phase = std::get_if<Phase>(&step))
            start(*phase);
        else if (order_.pending().empty())
            end_search(store::StudyState::complete, "the strategy waits, and nothing is pending");
        else
            order_.wait_for_more();
    }

    // Those that were not chosen before; where they are measured, others may come to be the best
    // then. False if stop was requested on the way.
    bool start_finalists() {
        if (job_.finalists == 0)
            return true;
        for (bool more = true; more;) {
            more = false;
            std::vector<store::TrialRecord> trials = parts_.store.trials(parts_.study);
            drop_strangers(trials);
            if (reranker_.refresh(stop_))
                apply(reranker_.figures(), job_.objectives, trials);
            for (const Proposal& proposal : propose_finalists(trials, codec_, job_)) {
                if (std::ranges::find(finalists_, proposal.genotype) != finalists_.end())
                    continue;
                if (!start(proposal))
                    return false;
                finalists_.push_back(proposal.genotype);
                more = true;
            }
        }
        return true;
    }

    // --- trials ---------------------------------------------------------------------------

    // False if stop was requested before the hardware model had answered.
    bool start(const Proposal& proposal) {
        const Candidate candidate{.number = next_,
                                  .genotype = proposal.genotype,
                                  .stage = proposal.stage,
                                  .fidelity = proposal.fidelity,
                                  .warm_start = proposal.warm_start,
                                  .seed = seed_of(next_)};
        std::optional<Screened> screened = screen(candidate);
        if (!screened)
            return false;
        begin(candidate, *screened);
        ledger_.start(candidate, *std::move(screened), proposal.attributes);
        return true;
    }

    std::uint64_t seed_of(TrialNumber number) const {
        return Rng(job_.seed).fork("trial").fork(static_cast<std::uint64_t>(number)).next();
    }

    void begin(const Candidate& candidate, const Screened& screened) {
        next_ = candidate.number + 1;
        announcer_.count_start(screened.figures);
        referee_.start(candidate);
        if (candidate.stage == Stage::search)
            order_.add(candidate);
    }

    // All of them or, when stop was requested, none.
    void add(LeaseDesk::Addition addition) {
        if (const auto reason = why_none_can_be_added()) {
            addition.recorded.set_exception(
                std::make_exception_ptr(Error(ErrorKind::conflict, *reason)));
            return;
        }
        const std::vector<AddedTrial>& trials = addition.added.trials;
        std::vector<std::pair<Candidate, Screened>> screened;
        for (const AddedTrial& trial : trials) {
            const TrialNumber number = next_ + std::ssize(screened);
            const Candidate candidate{.number = number,
                                      .genotype = trial.genotype,
                                      .fidelity = trial.fidelity,
                                      .seed = seed_of(number)};
            std::optional<Screened> facts = screen(candidate);
            if (!facts)
                return;
            screened.emplace_back(candidate, *std::move(facts));
        }
        Added added{.numbers = {}, .recorded = std::move(addition.recorded)};
        for (std::size_t i = 0; i < trials.size(); ++i) {
            auto& [candidate, facts] = screened[i];
            begin(candidate, facts);
            added.numbers.push_back(candidate.number);
            if (trials[i].observed)
                ledger_.observe(
                    candidate, std::move(facts), trials[i].attributes, *trials[i].observed);
            else
                ledger_.start(candidate, std::move(facts), trials[i].attributes);
        }
        if (addition.added.answer)
            if (auto answer = addition.added.answer(added.numbers))
                ledger_.batch().answers.push_back(*std::move(answer));
        added_.push_back(std::move(added));
    }

    std::optional<std::string> why_none_can_be_added() const {
        if (end_)
            return "the search has ended: " + end_->reason;
        if (strategy_.has_phases())
            return "its strategy shares weights, and evaluates no candidates but its own";
        // Which of them come next is counted by trials.
        if (order_.count() < std::ssize(job_.initial))
            return "its first points are not all begun yet";
        return std::nullopt;
    }

    // Nullopt if stop was requested before the hardware model had answered.
    std::optional<Screened> screen(const Candidate& candidate) {
        try {
            reranker_.refresh(stop_);
            return parts_.screen.admit(candidate, reranker_.front_told(), stop_);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::unavailable && stop_.stop_requested())
                return std::nullopt;
            throw;
        }
    }

    // --- phases ---------------------------------------------------------------------------

    void start(const Phase& phase) {
        order_.start_phase();
        phases_.start(phase, order_.trials_told());
    }

    void handle(LeaseDesk::PhaseEnd ended) {
        auto result = phases_.finish(std::move(ended), ledger_.batch());
        if (auto* done = std::get_if<PhaseTurns::Done>(&result))
            end(std::move(*done));
        else if (Failure& failure = std::get<Failure>(result); !is_unfinished(failure))
            end_search(store::StudyState::failed, std::move(failure.reason));
    }

    void end(PhaseTurns::Done done) { order_.end(std::move(done.phase), done.told); }

    // --- turns ----------------------------------------------------------------------------

    void handle(LeaseDesk::Mail mail) {
        leases_.handle(mail, stop_);
        if (mail.budget)
            allow(*mail.budget);
        if (!stop_.stop_requested())
            for (LeaseDesk::Addition& addition : mail.additions)
                add(std::move(addition));
        if (mail.phase_report)
            phases_.report(*std::move(mail.phase_report));
        if (mail.phase_end)
            handle(*std::move(mail.phase_end));
        if (mail.broken)
            end_search(store::StudyState::failed, *std::move(mail.broken));
    }

    // A search that ended as its budget was spent goes on if there is more.
    void allow(const Budget& budget) {
        meter_.allow(budget);
        if (!std::exchange(spent_, false) || failed())
            return;
        end_.reset();
        finalists_planned_ = false;
    }

    // The next session does it again.
    bool is_unfinished(const Failure& failure) const {
        return failure.kind == FailureKind::cancelled && stop_.stop_requested();
    }

    void end_turn() {
        publish();
        phases_.offer();
        leases_.answer();
    }

    // Writes the batch; then, and only then, tells workers and observers.
    void publish() {
        hear_settled();
        if (reranker_.refresh(stop_))
            ledger_.rerank(reranker_.front(), reranker_.figures_of_front());
        ledger_.write_front();
        if (!ledger_.batch().empty())
            write();
        leases_.confirm_rest();
    }

    void write() {
        writer_.commit(ledger_.batch(), parts_.patience, stop_, [this](const Error& error) {
            announcer_.store_unavailable(error);
        });
        const TrialLedger::Turn turn = ledger_.end_turn();
        heard_ = 0;
        leases_.publish(turn);
        for (Added& added : std::exchange(added_, {}))
            added.recorded.set_value(std::move(added.numbers));
        announcer_.announce(turn, ledger_.front().members().size(), clock_.elapsed());
    }

    // Waits for the evaluations that are out, and records what comes back.
    void wind_down() {
        desk_.close();
        for (bool more = true; more;) {
            more = desk_.open() > 0;
            handle(more ? desk_.wait_for_mail({}) : desk_.take_mail());
            end_turn();
        }
    }

    StudyEnd finish() {
        if (failed())
            wind_down();
        desk_.close();
        const StudyEnd end = end_ && (failed() || over())
                                 ? *end_
                                 : StudyEnd{store::StudyState::stopped, "on request"};
        ledger_.batch().state = end.state;
        ledger_.batch().state_reason = end.reason;
        ledger_.batch().events.push_back(
            {.time = now(),
             .kind = "session_ended",
             .body = fmt::format(R"({{"state":"{}"}})", to_string(end.state))});
        end_turn();
        return end;
    }

    const DriverParts& parts_;
    const JobSpec& job_;
    LeaseDesk& desk_;
    const std::stop_token& stop_;
    StudyWriter writer_;
    TrialCodec codec_;
    TrialLedger ledger_;
    PhaseTurns phases_;
    TellOrder order_;
    BudgetMeter meter_;
    Referee referee_;
    LeaseTurns leases_;
    Known known_;
    StrategyHost strategy_;
    SessionClock clock_;
    Reranker reranker_;
    Announcer announcer_;

    TrialNumber next_ = 0;
    std::size_t strangers_ = 0;
    std::size_t heard_ = 0;  // of the trials that the ledger has settled in this turn
    std::vector<Genotype> finalists_;
    bool finalists_planned_ = false;
    bool slow_to_propose_ = false;  // when it last did
    std::optional<StudyEnd> end_;   // no more proposals
    bool spent_ = false;            // it ends because its budget was spent
    std::vector<Added> added_;
};

// Workers must not wait for a driver that is gone, however it went.
class AbandonedAtEnd {
  public:
    explicit AbandonedAtEnd(LeaseDesk& desk) : desk_(desk) {}
    ~AbandonedAtEnd() { desk_.abandon(); }
    AbandonedAtEnd(const AbandonedAtEnd&) = delete;
    AbandonedAtEnd& operator=(const AbandonedAtEnd&) = delete;

  private:
    LeaseDesk& desk_;
};

}  // namespace

StudyEnd drive_study(const DriverParts& parts, LeaseDesk& desk, const std::stop_token& stop) {
    const AbandonedAtEnd abandoned(desk);
    return Session(parts, desk, stop).run();
}

}  // namespace parnas::search
