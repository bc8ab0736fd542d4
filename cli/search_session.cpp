// SPDX-License-Identifier: Apache-2.0
#include "cli/search_session.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/front_view.h"
#include "cli/job.h"
#include "cli/machine.h"
#include "cli/stores.h"
#include "cli/study_summary.h"
#include "cli/text/numbers.h"
#include "cli/text/progress.h"
#include "cli/text/shell.h"
#include "cli/trial_view.h"
#include "search/reestimates.h"

namespace parnas::cli {
namespace {

constexpr const char* kTestMetric = "test_accuracy";  // only finalists have it

// Writes each trial as it ends. Whoever reads the line may rely on the trial being stored.
class TrialLines : public search::Observer {
  public:
    TrialLines(const SessionParts& parts, store::StudySpec study, Console& console)
        : parts_(parts), study_(std::move(study)), console_(console) {}

    void trial_finished(const Candidate& candidate, const store::TrialFinish&) override {
        const store::TrialRecord trial = parts_.store.trial(parts_.id, candidate.number);
        print(console_, Json{{"trial", trial_json(study_, trial, Detail::everything)}});
        console_.out.flush();
    }
    void phase_progress(const search::PhaseProgress&) override {}
    void phase_finished(const store::PhaseRecord& phase) override {
        print(console_, Json{{"phase", phase_json(phase, Detail::everything)}});
        console_.out.flush();
    }
    void front_changed(std::span<const TrialNumber>) override {}
    void progress(const search::Progress&) override {}
    void store_unavailable(const Error&) override {}

  private:
    const SessionParts& parts_;
    store::StudySpec study_;
    Console& console_;
};

// Finished trials of a study, finalists apart.
struct Finished {
    std::int64_t search = 0;
    std::int64_t finalists = 0;

    void count(Stage stage) { ++(stage == Stage::finalist ? finalists : search); }
};

Finished finished_trials(const store::Store& store, StudyId id) {
    Finished finished;
    for (const store::TrialRecord& trial : store.trials(id))
        if (is_finished(trial.state))
            finished.count(trial.stage);
    return finished;
}

class ShownProgress : public search::Observer {
  public:
    ShownProgress(const search::JobSpec& job, const Finished& before, const Console& console)
        : err_(console.err),
          meter_(console.err,
                 console.live ? ProgressMeter::Style::rewrite : ProgressMeter::Style::lines),
          finished_(before),
          at_start_(before.search),
          budget_(job.budget.trials) {}

    void trial_finished(const Candidate& candidate, const store::TrialFinish&) override {
        finished_.count(candidate.stage);
    }
    void phase_progress(const search::PhaseProgress& phase) override {
        const auto percent = static_cast<int>(100.0 * phase.share);
        phase_ = phase_text(phase.name, phase.index, fmt::format("{} %", percent), phase.metrics);
        show();
    }
    void phase_finished(const store::PhaseRecord& phase) override {
        phase_.clear();
        meter_.phase_done(
            phase_text(phase.name, phase.index, short_duration(phase.cost), phase.metrics));
    }
    void front_changed(std::span<const TrialNumber>) override {}
    void progress(const search::Progress& progress) override {
        progress_ = progress;
        show();
    }
    void store_unavailable(const Error& error) override {
        meter_.clear();
        err_ << "Waiting for the store: " << error.what() << '\n' << std::flush;
    }
    void clear() { meter_.clear(); }

  private:
    void show() {
        meter_.show({.finished = finished_.search,
                     .at_start = at_start_,
                     .failed = progress_.infeasible + progress_.failed,
                     .pruned = progress_.pruned,
                     .measured = progress_.measured,
                     .refused = progress_.refused,
                     .front = progress_.front,
                     .finalists = finished_.finalists,
                     .budget = budget_,
                     .elapsed = std::chrono::steady_clock::now() - started_,
                     .phases = progress_.phases,
                     .phase = phase_});
    }

    std::ostream& err_;
    ProgressMeter meter_;
    Finished finished_;
    search::Progress progress_;
    std::string phase_;  // the one that runs
    std::int64_t at_start_;
    std::optional<std::int64_t> budget_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

// "parnas resume my-search --store lab.db"
std::string command_line(const char* command,
                         const std::string& study,
                         const GlobalOptions& global) {
    std::string text = fmt::format("parnas {} {}", command, shell_word(study));
    return global.store.empty()
               ? text
               : fmt::format("{} --store {}", text, shell_word(global.store.string()));
}

void show_front(const SessionParts& parts, const store::StudyRecord& study, Console& console) {
    const std::vector<store::TrialRecord> trials = search::current_trials(parts.store, parts.id);
    std::vector<store::TrialRecord> finalists;
    std::ranges::copy_if(trials, std::back_inserter(finalists), [](const auto& trial) {
        return trial.stage == Stage::finalist;
    });
    const FrontView front = view_front(study.spec, parts.store.front(parts.id), trials);
    if (console.output == OutputFormat::csv) {
        print(console, wide_trials_table(study.spec, front.members, Detail::everything));
        return;
    }
    if (!front.members.empty())
        print(console, front_table(front, console.columns));
    const std::string plot = front_plot(front, console);
    console.out << (plot.empty() ? "" : "\n") << plot;
    if (!finalists.empty()) {
        console.out << "\nFinalists, trained from scratch\n";
        const bool tested = finalists.front().metrics.contains(kTestMetric);
        print(console,
              trials_table(study.spec,
                           finalists,
                           Detail::everything,
                           tested ? std::optional<std::string>(kTestMetric) : std::nullopt));
    }
}

// Which finalists turned out to break a limit.
void show_broken(const search::MeasuringTally& tally, Console& console) {
    for (const search::BrokenAsMeasured& each : tally.broken)
        if (each.stage == Stage::finalist)
            console.out << fmt::format(
                "\nTrial {}, a finalist, was not trained. Measured: {} ({} ms predicted)\n",
                each.trial,
                each.reason,
                short_number(each.predicted_ms));
}

void show_summary(const SessionParts& parts, const GlobalOptions& global, Console& console) {
    const store::StudyRecord study = parts.store.study(parts.id);
    const StudySummary summary = summarise(parts.store, study);
    if (console.output == OutputFormat::json) {
        print(console, Json{{"summary", to_json(summary)}});
        return;
    }
    show_front(parts, study, console);
    if (console.output == OutputFormat::table) {
        show_broken(summary.measuring, console);
        console.out << '\n';
        print(console, summary);
        if (!summary.front.empty())
            console.out << "\nExport the best trial with: "
                        << command_line("export", study.spec.name, global) << '\n';
    }
}

}  // namespace

search::StudyEnd run_shown(const SessionParts& parts,
                           const GlobalOptions& global,
                           const Interrupts& interrupts,
                           std::vector<search::Observer*> observers,
                           Console& console) {
    const search::JobSpec& job = parts.study.job;
    const int workers = search::worker_count(job, usable_cores());
    ShownProgress progress(job, finished_trials(parts.store, parts.id), console);
    if (parts.talk == Talk::progress) {
        console.err << fmt::format(
            "Study {} in {}, {} at a time\n", job.name, store_path(global).string(), workers);
        observers.push_back(&progress);
    }
    search::StudyEnd end = search::run_study(
        parts.study, parts.store, parts.id, workers, observers, interrupts.token());
    progress.clear();
    if (end.state == store::StudyState::failed)
        throw Error(ErrorKind::unavailable, "the study failed: " + end.reason, job.name);
    return end;
}

// With the budget of this run where it is not the study's own, which stays as it is.
std::string resume_command(const SessionParts& parts, const GlobalOptions& global) {
    const store::StudyRecord study = parts.store.study(parts.id);
    const search::Budget own = stored_job(study).budget;
    const search::Budget& budget = parts.study.job.budget;
    std::string text = command_line("resume", study.spec.name, global);
    if (budget.trials != own.trials)
        text += fmt::format(" --trials {}", budget.trials.value());
    if (budget.wall_time != own.wall_time)
        text += fmt::format(" --wall-time {}", budget.wall_time.value().count());
    return text;
}

int drive(const SessionParts& parts,
          const GlobalOptions& global,
          const Interrupts& interrupts,
          Console& console) {
    TrialLines lines(parts, parts.store.study(parts.id).spec, console);
    std::vector<search::Observer*> observers;
    if (console.output == OutputFormat::json)
        observers.push_back(&lines);
    const search::StudyEnd end =
        run_shown(parts, global, interrupts, std::move(observers), console);
    show_summary(parts, global, console);
    if (end.state == store::StudyState::stopped && interrupts.requested()) {
        console.err << "Stopped. Go on with: " << resume_command(parts, global) << '\n';
        return kInterrupted;
    }
    return 0;
}

}  // namespace parnas::cli
