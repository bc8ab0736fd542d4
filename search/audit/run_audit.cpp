// SPDX-License-Identifier: Apache-2.0
#include "search/audit/run_audit.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "search/audit/audit_jobs.h"
#include "search/pareto.h"
#include "search/trial_codec.h"

namespace parnas::search {
namespace {

using Trials = std::vector<store::TrialRecord>;

constexpr int kRounds = 100;  // of random search, to make up for networks that fail

// Complete, and with weights of its own.
bool trained_alone(const store::TrialRecord& trial) {
    return trial.state == TrialState::complete && trial.fidelity == 1.0 &&
           (trial.stage == Stage::finalist || !trial.warm_start);
}

// In a worker's time, so a phase counts once for every worker that could have had its threads.
Seconds spent(const AuditParts& parts) {
    const JobSpec& job = parts.study.job;
    const double shares = static_cast<double>(phase_thread_count(job, parts.workers)) / job.threads;
    Seconds cost{0};
    for (const store::PhaseRecord& phase : parts.store.phases(parts.id))
        cost += phase.cost * shares;
    for (const store::TrialRecord& trial : parts.store.trials(parts.id))
        cost += trial.cost;
    return cost;
}

// The trials that were begun before the cost was spent.
Trials within(Trials trials, Seconds cost) {
    Seconds so_far{0};
    const auto end = std::ranges::find_if(trials, [&](const store::TrialRecord& trial) {
        const bool too_late = so_far >= cost;
        so_far += trial.cost;
        return too_late;
    });
    trials.erase(end, trials.end());
    return trials;
}

// The objective that is evaluated.
const Objective& audited_objective(const PreparedStudy& study) {
    const std::vector<std::string> evaluated = study.evaluator->metrics();
    const auto& objectives = study.job.objectives;
    const auto found = std::ranges::find_if(objectives, [&](const Objective& objective) {
        return std::ranges::find(evaluated, objective.metric) != evaluated.end();
    });
    if (found == objectives.end())
        throw Error(ErrorKind::invalid_input,
                    "there is no ranking to audit: no objective of the job is evaluated",
                    study.job.name);
    return *found;
}

std::vector<Point> points_of(const JobSpec& job, const Trials& trials) {
    std::vector<Point> points;
    for (const store::TrialRecord& trial : trials)
        points.push_back(minimised(job.objectives, trial.values));
    return points;
}

// What a study's trials are worth, the hypervolume apart.
struct Found {
    Contender contender;
    std::vector<Point> points;  // of networks that were trained alone
};

Found look_at(const JobSpec& job, const Objective& audited, Seconds cost, Trials trials) {
    std::erase_if(trials, [](const auto& trial) { return !trained_alone(trial); });
    Found found{.contender = {.study = job.name,
                              .strategy = parse_json(*job.strategy, "/strategy").value("type", ""),
                              .networks = std::ssize(trials),
                              .cost = cost},
                .points = points_of(job, trials)};
    std::optional<double>& best = found.contender.best;
    for (const store::TrialRecord& trial : trials) {
        const double value = trial.metrics.at(audited.metric);
        const bool maximized = audited.direction == Direction::maximize;
        if (!best || (maximized ? value > *best : value < *best))
            best = value;
    }
    return found;
}

// At one reference: the job's, or the worst of all.
void measure_hypervolumes(const JobSpec& job, std::vector<Found>& all, Audit& audit) {
    std::vector<Point> points;
    for (const Found& found : all)
        points.insert(points.end(), found.points.begin(), found.points.end());
    if (job.objectives.size() < 2 || points.empty())
        return;
    const Point reference = job.hypervolume_reference
                                ? minimised(job.objectives, *job.hypervolume_reference)
                                : worst_point(points);
    audit.reference = minimised(job.objectives, reference);
    for (Found& found : all)
        if (!found.points.empty())
            found.contender.hypervolume = hypervolume(found.points, reference);
}

std::optional<store::StudyRecord> find(const store::Store& store, const std::string& name) {
    const std::vector<store::StudyRecord> studies = store.studies();
    const auto found = std::ranges::find(
        studies, name, [](const store::StudyRecord& study) { return study.spec.name; });
    return found == studies.end() ? std::nullopt : std::optional(*found);
}

// What decides the trials of an audit's study.
Json deciding(const std::string& job) {
    Json json = parse_json(job, "job");
    for (const char* key :
         {"budget", "workers", "threads", "phase_threads", "lag", "initial", "base", "store"})
        json.erase(key);
    return json;
}

// The phase that left the last shared weights; those of a pre-filter, which may follow, leave none.
store::PhaseRecord last_checkpoint(const std::vector<store::PhaseRecord>& phases) {
    const auto last = std::find_if(
        phases.rbegin(), phases.rend(), [](const auto& phase) { return !!phase.checkpoint; });
    check(last != phases.rend(), "an audit of a study without shared weights");
    return *last;
}

class Auditor {
  public:
    explicit Auditor(const AuditParts& parts)
        : parts_(parts),
          objective_(audited_objective(parts.study)),
          codec_(parts.study.space->params()) {
        audit_.options = parts.options;
        audit_.metric = objective_.metric;
        audit_.cost = spent(parts);
    }

    std::optional<Audit> run(const std::stop_token& stop) {
        if (const auto before = audit_of(parts_.store.attributes(parts_.id));
            before && before->options == audit_.options && before->cost == audit_.cost)
            return before;
        if (!(run_random() && run_local() && rank(stop)))
            return std::nullopt;
        if (has_baselines())
            compare();
        const std::array change{store::AttributeChange{.kind = store::AttributeKind::user,
                                                       .key = kAuditAttribute,
                                                       .value = dump_json(audit_json(audit_))}};
        parts_.store.set_attributes(parts_.id, change);
        return audit_;
    }

  private:
    const JobSpec& job() const { return parts_.study.job; }

    bool has_baselines() const { return parts_.options.baselines != Baselines::none; }

    Trials trials(AuditPart part) const {
        const auto study = find(parts_.store, audit_study_name(job().name, part));
        return study ? parts_.store.trials(study->id) : Trials();
    }

    // False: it was stopped.
    bool run_part(AuditPart part, const Budget& budget) {
        PreparedStudy study =
            parts_.prepare(audit_job(job(), part, budget, parts_.options.networks));
        resolve_warm_start(study, parts_.store);
        const StudyEnd end = parts_.run(study, find_or_create(study));
        if (end.state == store::StudyState::failed)
            throw Error(ErrorKind::unavailable, "the study failed: " + end.reason, study.job.name);
        return end.state == store::StudyState::complete;
    }

    StudyId find_or_create(const PreparedStudy& study) const {
        const auto there = find(parts_.store, study.job.name);
        if (!there)
            return create_study(study, parts_.store);
        if (there->spec.job.empty() ||
            deciding(there->spec.job) != deciding(to_job_document(study.job)))
            throw Error(ErrorKind::conflict,
                        fmt::format("the audit of '{}' needs this name, which a study with another "
                                    "job has",
                                    job().name),
                        study.job.name);
        return there->id;
    }

    bool run_random() {
        if (has_baselines() && !run_part(AuditPart::random, {.cost = audit_.cost}))
            return false;
        // Some of them fail, and small spaces are exhausted.
        Trials random = trials(AuditPart::random);
        for (int round = 0; round < kRounds; ++round) {
            const auto missing =
                parts_.options.networks - std::ranges::count_if(random, trained_alone);
            if (missing <= 0)
                break;
            if (!run_part(AuditPart::random, {.trials = std::ssize(random) + missing}))
                return false;
            random = trials(AuditPart::random);
        }
        return true;
    }

    bool run_local() {
        return parts_.options.baselines != Baselines::all ||
               run_part(AuditPart::local, {.cost = audit_.cost});
    }

    // The networks whose ranking is compared.
    Trials sample() const {
        Trials sample = trials(AuditPart::random);
        std::erase_if(sample, [](const auto& trial) { return !trained_alone(trial); });
        if (std::ssize(sample) > parts_.options.networks)
            sample.resize(static_cast<std::size_t>(parts_.options.networks));
        return sample;
    }

    // False: it was stopped.
    bool rank(const std::stop_token& stop) {
        if (parts_.options.ceiling && !run_part(AuditPart::again, {}))
            return false;
        std::map<std::string, double> again;  // by genotype
        if (parts_.options.ceiling)
            for (const store::TrialRecord& trial : trials(AuditPart::again))
                if (trained_alone(trial))
                    again[trial.genotype] = trial.metrics.at(objective_.metric);
        const store::PhaseRecord last = last_checkpoint(parts_.store.phases(parts_.id));
        if (!last.kept) {
            audit_.no_ranking = "the study kept no weights that networks could inherit";
            return true;
        }
        for (const store::TrialRecord& trial : sample()) {
            const Outcome outcome = inherited(trial, *last.checkpoint, stop);
            if (stop.stop_requested())
                return false;
            if (const auto* failure = std::get_if<Failure>(&outcome)) {
                audit_.no_ranking =
                    "networks cannot inherit the study's weights: " + failure->reason;
                continue;
            }
            AuditedNetwork network{
                .trial = trial.number,
                .inherited = std::get<Measurement>(outcome).metrics.at(objective_.metric),
                .alone = trial.metrics.at(objective_.metric)};
            if (const auto found = again.find(trial.genotype); found != again.end())
                network.again = found->second;
            audit_.networks.push_back(network);
        }
        correlate();
        return true;
    }

    // As the study itself scores its candidates. Weights that no network can inherit are an
    // error of the evaluator's, and here a reason why there is no ranking.
    Outcome inherited(const store::TrialRecord& trial,
                      const ArtifactId& checkpoint,
                      const std::stop_token& stop) const {
        const Candidate candidate{.number = trial.number,
                                  .genotype = codec_.from_text(trial.genotype),
                                  .warm_start = checkpoint,
                                  .seed = trial.seed};
        const evaluators::Context context{
            .space = *parts_.study.space,
            .stop = stop,
            .threads = job().threads,
            .report = [](std::int64_t, const Metrics&) { return evaluators::Verdict::go_on; },
            .load = [this](const ArtifactId& id) { return parts_.store.artifact(id); }};
        try {
            return parts_.study.evaluator->evaluate(candidate, context);
        } catch (const Error& error) {
            const Fault& fault = error.faults().front();
            return Failure{FailureKind::crashed, fmt::format("{}: {}", fault.where, fault.message)};
        }
    }

    void correlate() {
        std::vector<double> inherited;
        std::vector<double> alone;
        std::vector<double> first;  // of those that were trained twice
        std::vector<double> second;
        for (const AuditedNetwork& network : audit_.networks) {
            inherited.push_back(network.inherited);
            alone.push_back(network.alone);
            if (network.again) {
                first.push_back(network.alone);
                second.push_back(*network.again);
            }
        }
        const Rng rng = Rng(job().seed).fork("audit");
        audit_.ceiling = rank_correlation(first, second, rng.fork("ceiling"));
        audit_.ranking = rank_correlation(inherited, alone, rng.fork("ranking"));
        if (audit_.ranking)
            audit_.no_ranking.clear();
        else if (audit_.no_ranking.empty())
            audit_.no_ranking =
                fmt::format("there is no order among {} networks", audit_.networks.size());
    }

    void compare() {
        std::vector<Found> all{
            look_at(job(), objective_, audit_.cost, parts_.store.trials(parts_.id))};
        std::vector<AuditPart> baselines{AuditPart::random};
        if (parts_.options.baselines == Baselines::all)
            baselines.push_back(AuditPart::local);
        for (const AuditPart part : baselines) {
            Trials paid = within(trials(part), audit_.cost);
            Seconds cost{0};
            for (const store::TrialRecord& trial : paid)
                cost += trial.cost;
            const JobSpec searched = audit_job(job(), part, {}, parts_.options.networks);
            all.push_back(look_at(searched, objective_, cost, std::move(paid)));
        }
        measure_hypervolumes(job(), all, audit_);
        for (Found& found : all)
            audit_.contenders.push_back(std::move(found.contender));
    }

    const AuditParts& parts_;
    const Objective& objective_;
    TrialCodec codec_;
    Audit audit_;
};

}  // namespace

bool can_be_audited(const store::Store& store, StudyId id) {
    const std::vector<store::PhaseRecord> phases = store.phases(id);
    return std::ranges::any_of(phases, [](const auto& phase) { return !!phase.checkpoint; });
}

std::optional<Audit> run_audit(const AuditParts& parts, const std::stop_token& stop) {
    const store::StudyRecord study = parts.store.study(parts.id);
    if (!can_be_audited(parts.store, parts.id))
        throw Error(ErrorKind::invalid_input,
                    "there is nothing to audit: the study's strategy trained no shared weights",
                    study.spec.name);
    if (study.state != store::StudyState::complete)
        throw Error(ErrorKind::conflict,
                    fmt::format("the study is not complete: go on with `parnas resume {}`",
                                study.spec.name),
                    study.spec.name);
    return Auditor(parts).run(stop);
}

}  // namespace parnas::search
