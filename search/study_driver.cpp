// SPDX-License-Identifier: Apache-2.0
#include "search/study_driver.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "search/front_keeper.h"
#include "search/session_clock.h"
#include "search/strategy_host.h"
#include "search/study_writer.h"
#include "search/tell_order.h"
#include "search/trial_codec.h"

namespace parnas::search {
namespace {

constexpr std::int64_t kReusedInRow = 1000;

// A trial that was started and has no result yet.
struct OpenTrial {
    Candidate candidate;
    std::shared_ptr<const Screened> screened;
    std::optional<Digest> key;             // under which results are reused
    std::optional<TrialNumber> waits_for;  // the open trial whose result this one takes
};

class Session {
  public:
    Session(const DriverParts& parts, LeaseDesk& desk, const std::stop_token& stop)
        : parts_(parts),
          job_(parts.job),
          desk_(desk),
          stop_(stop),
          writer_(parts.store, parts.study),
          codec_(parts.space.params()),
          front_(job_),
          order_(job_.lag, parts.in_flight),
          known_([this](const Genotype& genotype) { return parts_.screen.known(genotype); }),
          strategy_(parts.make_strategy, [this] { return told_so_far(); }) {}

    StudyEnd run() {
        restore();
        propose();
        while (!stop_.stop_requested() && !over()) {
            handle(batch_.empty() ? desk_.wait_for_mail(stop_) : desk_.take_mail());
            end_turn();
            propose();
        }
        if (!over())
            wind_down();
        return finish();
    }

  private:
    bool failed() const { return end_ && end_->state == store::StudyState::failed; }

    bool over() const {
        return failed() || (end_ && open_.empty() && batch_.empty() && finalists_planned_);
    }

    void end_search(store::StudyState state, std::string reason) {
        if (!failed())
            end_ = StudyEnd{.state = state, .reason = std::move(reason)};
    }

    // --- from the store -----------------------------------------------------------------

    void restore() {
        clock_ = SessionClock(parts_.store, parts_.study);
        batch_.state = store::StudyState::running;
        batch_.events.push_back({.time = now(), .kind = "session_started", .body = "{}"});
        std::vector<store::TrialRecord> records = parts_.store.trials(parts_.study);
        for (const store::TrialRecord& record : records)
            restore_open(record);
        if (!job_.lag)
            std::ranges::stable_sort(records, {}, &store::TrialRecord::finished);
        for (const store::TrialRecord& record : records)
            if (is_finished(record.state))
                restore_finished(record);
    }

    // By number: what is reused from which trial is found out as it was the first time.
    void restore_open(const store::TrialRecord& record) {
        const Candidate candidate = codec_.to_candidate(record);
        next_ = record.number + 1;
        ++progress_.proposed;
        if (candidate.stage == Stage::search)
            order_.add(candidate);
        else
            finalists_.push_back(candidate.genotype);
        if (is_finished(record.state)) {
            if (record.state == TrialState::complete && record.reuse_key)
                index_.leader(*record.reuse_key, record.number);
            return;
        }
        batch_.retries.push_back(
            {.number = record.number, .attempt = record.attempt + 1, .started = now()});
        OpenTrial& open = add_open(candidate, parts_.screen.look(candidate.genotype, stop_));
        if (!take_from_this_study(open))
            to_offer_.push_back(open.candidate.number);
    }

    void restore_finished(const store::TrialRecord& record) {
        const Trial trial = codec_.to_trial(record, job_);
        front_.restore(trial, record.fidelity, record.weights);
        const TellOrder::Ended ended{.trial = trial,
                                     .cost = record.cost,
                                     .reused = record.user_attributes.contains(kReused)};
        count(ended, record.failure);
        if (trial.stage == Stage::search)
            order_.end(ended);
    }

    // --- asking and telling the strategy -------------------------------------------------

    void propose() {
        while (!end_ && finalists_.empty() && !stop_.stop_requested()) {
            TellOrder::Due due = order_.due();
            tell(std::move(due.tell));
            if (end_ || !due.may_propose)
                break;
            if (const auto reason = spent()) {
                end_search(store::StudyState::complete, *reason);
                break;
            }
            if (const std::optional<Step> step = ask())
                follow(*step);
        }
        if (!end_ && !finalists_.empty())
            end_search(store::StudyState::complete, "the finalists had begun");
        if (end_ && !failed() && open_.empty() && !std::exchange(finalists_planned_, true))
            propose_finalists();
    }

    std::optional<std::string> spent() const {
        const Budget& budget = job_.budget;
        if (budget.trials && next_ >= *budget.trials)
            return fmt::format("budget: {} trials", *budget.trials);
        if (budget.cost && told_cost_ >= *budget.cost)
            return fmt::format("budget: {} s of evaluations", budget.cost->count());
        if (budget.wall_time && clock_.elapsed() >= *budget.wall_time)
            return fmt::format("budget: {} s", budget.wall_time->count());
        if (reused_in_row_ >= kReusedInRow)
            return fmt::format("the space is exhausted: {} results in a row were known",
                               reused_in_row_);
        return std::nullopt;
    }

    void tell(std::vector<TellOrder::Ended> ended) {
        std::vector<Finished> finished;
        for (TellOrder::Ended& each : ended) {
            told_cost_ += each.cost;
            reused_in_row_ = each.reused ? reused_in_row_ + 1 : 0;
            finished.emplace_back(std::move(each.trial));
        }
        if (!finished.empty())
            strategy_.tell(finished);
        end_if_strategy_failed();
    }

    std::optional<Step> ask() {
        Rng rng = Rng(job_.seed).fork("ask").fork(static_cast<std::uint64_t>(next_));
        std::optional<Step> step = strategy_.next({.space = parts_.space,
                                                   .number = next_,
                                                   .pending = order_.pending(),
                                                   .rng = rng,
                                                   .known = known_});
        end_if_strategy_failed();
        return step;
    }

    void end_if_strategy_failed() {
        if (strategy_.failure())
            end_search(store::StudyState::failed, *strategy_.failure());
    }

    std::vector<Finished> told_so_far() const {
        std::vector<store::TrialRecord> records = parts_.store.trials(parts_.study);
        std::erase_if(records, [&](const store::TrialRecord& record) {
            return !is_finished(record.state) || (job_.lag && record.number >= order_.told());
        });
        if (!job_.lag)
            std::ranges::stable_sort(records, {}, &store::TrialRecord::finished);
        std::vector<Finished> finished;
        for (const store::TrialRecord& record : records)
            finished.emplace_back(codec_.to_trial(record, job_));
        return finished;
    }

    void follow(const Step& step) {
        if (const auto* proposal = std::get_if<Proposal>(&step))
            start(*proposal);
        else if (const auto* done = std::get_if<Done>(&step))
            end_search(store::StudyState::complete, done->reason);
        else if (const auto* phase = std::get_if<Phase>(&step))
            throw Error(ErrorKind::internal,
                        fmt::format("nobody runs phases like '{}'", phase->name));
        else if (order_.pending().empty())
            end_search(store::StudyState::complete, "the strategy waits, and nothing is pending");
        else
            order_.wait_for_more();
    }

    // The best of the search's front by the first objective, each trained in full. The front
    // as it is may have finalists of an earlier session on it.
    void propose_finalists() {
        if (job_.finalists == 0)
            return;
        ParetoArchive search_front;
        for (const store::TrialRecord& record : parts_.store.trials(parts_.study)) {
            const Trial trial = codec_.to_trial(record, job_);
            if (trial.stage == Stage::search && may_enter_front(trial, record.fidelity))
                search_front.insert(trial.number, trial.objectives);
        }
        std::vector<std::pair<Point, TrialNumber>> ranked;
        for (const auto& [number, point] : search_front.members())
            ranked.emplace_back(point, number);
        std::ranges::sort(ranked);
        ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(job_.finalists)));
        for (const auto& [point, number] : ranked) {
            const std::string genotype = parts_.store.trial(parts_.study, number).genotype;
            Proposal proposal{
                .genotype = codec_.from_text(genotype),
                .stage = Stage::finalist,
                .attributes = {{"reason", fmt::format("\"finalist: trial {}\"", number)},
                               {"parents", fmt::format("[{}]", number)}}};
            if (std::ranges::find(finalists_, proposal.genotype) == finalists_.end())
                start(proposal);
        }
    }

    // --- trials ---------------------------------------------------------------------------

    void start(const Proposal& proposal) {
        const Candidate candidate{
            .number = next_,
            .genotype = proposal.genotype,
            .stage = proposal.stage,
            .fidelity = proposal.fidelity,
            .warm_start = proposal.warm_start,
            .seed = Rng(job_.seed).fork("trial").fork(static_cast<std::uint64_t>(next_)).next()};
        const std::shared_ptr<const Screened> screened = screen(candidate);
        if (!screened)
            return;
        batch_.starts.push_back({.number = candidate.number,
                                 .params = codec_.to_records(candidate.genotype),
                                 .genotype = codec_.to_text(candidate.genotype),
                                 .stage = candidate.stage,
                                 .fidelity = candidate.fidelity,
                                 .seed = candidate.seed,
                                 .warm_start = candidate.warm_start,
                                 .user_attributes = proposal.attributes,
                                 .started = now()});
        ++next_;
        ++progress_.proposed;
        if (candidate.stage == Stage::search)
            order_.add(candidate);
        OpenTrial& open = add_open(candidate, screened);
        if (screened->failure)
            settle_failure(open, *screened->failure, Seconds(0));
        else if (!take_from_this_study(open) && !take_from_other_studies(open))
            to_offer_.push_back(candidate.number);
    }

    // Null if stop was requested before the hardware model had answered.
    std::shared_ptr<const Screened> screen(const Candidate& candidate) {
        try {
            return parts_.screen.look(candidate.genotype, stop_);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::unavailable && stop_.stop_requested())
                return nullptr;
            throw;
        }
    }

    OpenTrial& add_open(const Candidate& candidate, std::shared_ptr<const Screened> screened) {
        const auto key =
            screened->failure ? std::nullopt : reuse_key(parts_.reuse, candidate, *screened);
        return open_
            .emplace(candidate.number,
                     OpenTrial{.candidate = candidate, .screened = std::move(screened), .key = key})
            .first->second;
    }

    bool take_from_this_study(OpenTrial& open) {
        if (!open.key)
            return false;
        const auto leader = index_.leader(*open.key, open.candidate.number);
        if (!leader)
            return false;
        const auto in_batch =
            std::ranges::find(batch_.finishes, *leader, &store::TrialFinish::number);
        if (open_.contains(*leader))
            open.waits_for = leader;
        else if (in_batch != batch_.finishes.end())
            settle_reused(open, Metrics(in_batch->metrics), leader);
        else
            settle_reused(open, parts_.store.trial(parts_.study, *leader).metrics, leader);
        return true;
    }

    bool take_from_other_studies(OpenTrial& open) {
        if (!open.key)
            return false;
        const auto record = parts_.store.find_result(*open.key);
        if (!record ||
            std::holds_alternative<Failure>(objective_values(job_.objectives, record->metrics)))
            return false;
        settle_reused(open, record->metrics, std::nullopt);
        return true;
    }

    // `from`: the trial of this study, if it is one.
    void settle_reused(OpenTrial& open, Metrics metrics, std::optional<TrialNumber> from) {
        store::TrialFinish finish{.reused_from = from};
        finish.user_attributes[kReused] = from ? fmt::format("{}", *from) : "\"another study\"";
        settle_measured(open, std::move(metrics), std::move(finish), std::nullopt);
    }

    void settle_measured(OpenTrial& open,
                         Metrics metrics,
                         store::TrialFinish finish,
                         std::optional<std::string> weights) {
        metrics.insert(open.screened->metrics.begin(), open.screened->metrics.end());
        auto values = objective_values(job_.objectives, metrics);
        finish.metrics = std::move(metrics);
        if (auto* failure = std::get_if<Failure>(&values)) {
            finish.state = TrialState::fail;
            finish.failure = std::move(*failure);
        } else {
            finish.values = std::get<std::vector<double>>(std::move(values));
        }
        settle(open, std::move(finish), std::move(weights));
    }

    void settle_failure(OpenTrial& open, Failure failure, Seconds cost) {
        settle(open,
               {.state = TrialState::fail,
                .metrics = open.screened->metrics,
                .failure = std::move(failure),
                .cost = cost},
               std::nullopt);
    }

    // Every trial ends here: into the batch, and off the open ones.
    void settle(OpenTrial& open, store::TrialFinish finish, std::optional<std::string> weights) {
        const OpenTrial done = std::move(open);
        const TrialNumber number = done.candidate.number;
        open_.erase(number);
        finish.number = number;
        finish.reuse_key = done.key;
        finish.architecture = done.screened->architecture;
        finish.finished = now();
        TellOrder::Ended ended{.trial = {.number = number,
                                         .genotype = done.candidate.genotype,
                                         .stage = done.candidate.stage,
                                         .state = finish.state,
                                         .objectives = minimised(job_.objectives, finish.values),
                                         .violation = violation(job_.limits, finish.metrics),
                                         .metrics = finish.metrics},
                               .cost = finish.cost,
                               .reused = finish.user_attributes.contains(kReused)};
        batch_.events.push_back(
            {.time = finish.finished,
             .kind = "trial_finished",
             .body =
                 fmt::format(R"({{"number":{},"state":"{}"}})", number, to_string(finish.state))});
        batch_.finishes.push_back(std::move(finish));
        front_.add(ended.trial, done.candidate.fidelity, std::move(weights), batch_);
        settled_.push_back({.candidate = done.candidate, .ended = std::move(ended)});
        if (done.key)
            answer_waiting(number, *done.key);
    }

    // `leader` was settled last. Those that wait for it take its result; if it has none,
    // the first of them is evaluated and the others wait for that one.
    void answer_waiting(TrialNumber leader, const Digest& key) {
        std::vector<TrialNumber> waiting;
        for (const auto& [number, open] : open_)
            if (open.waits_for == leader)
                waiting.push_back(number);
        const bool has_result = batch_.finishes.back().state == TrialState::complete;
        if (!has_result)
            index_.failed(key, leader);
        const Metrics metrics = batch_.finishes.back().metrics;
        for (const TrialNumber number : waiting) {
            OpenTrial& open = open_.at(number);
            if (has_result) {
                settle_reused(open, metrics, leader);
                continue;
            }
            open.waits_for = index_.leader(key, number);
            if (!open.waits_for)
                to_offer_.push_back(number);
        }
    }

    // --- turns ----------------------------------------------------------------------------

    void handle(LeaseDesk::Mail mail) {
        for (const LeaseDesk::Report& report : mail.reports) {
            const auto value = report.metrics.find(job_.objectives[0].metric);
            if (value != report.metrics.end())
                batch_.reports.push_back(
                    {.number = report.number, .step = report.step, .value = value->second});
        }
        for (LeaseDesk::Result& result : mail.results)
            handle(std::move(result));
        if (mail.broken)
            end_search(store::StudyState::failed, *std::move(mail.broken));
    }

    void handle(LeaseDesk::Result result) {
        OpenTrial& open = open_.at(result.lease.candidate.number);
        if (auto* measured = std::get_if<Measurement>(&result.outcome)) {
            settle_measured(open,
                            std::move(measured->metrics),
                            {.cost = measured->cost},
                            std::move(result.weights));
            return;
        }
        Failure& failure = std::get<Failure>(result.outcome);
        const bool unfinished = failure.kind == FailureKind::cancelled && stop_.stop_requested();
        if (!unfinished)
            settle_failure(open, std::move(failure), Seconds(0));
    }

    // Writes the batch; then, and only then, tells workers, observers and the order.
    void end_turn() {
        front_.write_change(batch_);
        if (batch_.empty())
            return;
        writer_.commit(batch_, parts_.patience, stop_);
        const store::Batch written = std::exchange(batch_, {});
        for (const TrialNumber number : std::exchange(to_offer_, {})) {
            const OpenTrial& open = open_.at(number);
            desk_.offer(open.candidate, open.screened->decoded);
        }
        const std::vector<Settled> settled = std::exchange(settled_, {});
        for (std::size_t i = 0; i < settled.size(); ++i) {
            count(settled[i].ended, written.finishes[i].failure);
            if (settled[i].candidate.stage == Stage::search)
                order_.end(settled[i].ended);
            for (Observer* observer : parts_.observers)
                observer->trial_finished(settled[i].candidate, written.finishes[i]);
        }
        progress_.front = static_cast<std::int64_t>(front_.archive().members().size());
        progress_.elapsed = clock_.elapsed();
        for (Observer* observer : parts_.observers) {
            if (written.front)
                observer->front_changed(*written.front);
            observer->progress(progress_);
        }
    }

    void count(const TellOrder::Ended& ended, const std::optional<Failure>& failure) {
        progress_.cost += ended.cost;
        progress_.complete += ended.trial.state == TrialState::complete;
        progress_.reused += ended.reused;
        if (failure)
            ++(failure->kind == FailureKind::infeasible ? progress_.infeasible : progress_.failed);
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
        const StudyEnd end =
            end_ && (failed() || over()) ? *end_ : StudyEnd{store::StudyState::stopped, "stopped"};
        batch_.state = end.state;
        batch_.state_reason = end.reason;
        batch_.events.push_back({.time = now(),
                                 .kind = "session_ended",
                                 .body = fmt::format(R"({{"state":"{}"}})", to_string(end.state))});
        end_turn();
        return end;
    }

    struct Settled {
        Candidate candidate;
        TellOrder::Ended ended;
    };

    static constexpr const char* kReused = "reused_from";  // user attribute

    const DriverParts& parts_;
    const JobSpec& job_;
    LeaseDesk& desk_;
    const std::stop_token& stop_;
    StudyWriter writer_;
    TrialCodec codec_;
    FrontKeeper front_;
    TellOrder order_;
    ReuseIndex index_;
    Known known_;
    StrategyHost strategy_;
    SessionClock clock_;
    Progress progress_;

    TrialNumber next_ = 0;
    std::map<TrialNumber, OpenTrial> open_;
    store::Batch batch_;                 // what this turn has to write
    std::vector<Settled> settled_;       // one per finish of the batch
    std::vector<TrialNumber> to_offer_;  // open trials to lease out once the batch is written
    std::vector<Genotype> finalists_;    // of earlier sessions
    bool finalists_planned_ = false;
    std::optional<StudyEnd> end_;  // no more proposals
    Seconds told_cost_{0};
    std::int64_t reused_in_row_ = 0;
};

// Workers must not wait for a driver that is gone, however it went.
class ClosedAtEnd {
  public:
    explicit ClosedAtEnd(LeaseDesk& desk) : desk_(desk) {}
    ~ClosedAtEnd() { desk_.close(); }
    ClosedAtEnd(const ClosedAtEnd&) = delete;
    ClosedAtEnd& operator=(const ClosedAtEnd&) = delete;

  private:
    LeaseDesk& desk_;
};

}  // namespace

StudyEnd drive_study(const DriverParts& parts, LeaseDesk& desk, const std::stop_token& stop) {
    const ClosedAtEnd closed(desk);
    return Session(parts, desk, stop).run();
}

}  // namespace parnas::search
