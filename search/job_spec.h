// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/trial.h"
#include "search/audit/audit_options.h"
#include "search/budget.h"
#include "search/goals.h"
#include "search/initial_points.h"
#include "search/known_results.h"
#include "search/lease_terms.h"
#include "search/warm_start.h"

namespace parnas::search {

// Which earlier results answer a trial.
enum class Reuse { none, genotype, architecture };
// Whose weights are kept in the store.
enum class KeepWeights { front, all, none };

// What finalists start from: nothing, or the weights that their search trials inherited from
// a supernet. A trial that inherited none is trained from scratch in any case.
enum class FinalistStart { scratch, inherited };

// Which of the front become finalists: the best by the first objective, or those that
// together keep most of its hypervolume.
enum class FinalistChoice { best, spread };

std::string_view to_string(Reuse reuse);
std::string_view to_string(KeepWeights keep);
std::string_view to_string(FinalistStart start);
std::string_view to_string(FinalistChoice choice);

// A job document as values (docs/job-file.md). Parts that others read are kept as JSON
// text: `space` for load_space(), `evaluator`, `target`, `strategy` and `pruner` for the
// factories of their `type` or `model`, and so is `stop_when`.
struct JobSpec {
    std::string name;
    std::filesystem::path base;  // absolute; where relative paths of the document start
    std::string space;
    std::string evaluator;
    std::optional<std::string> target;
    std::optional<std::string> strategy;   // none: auto
    std::optional<std::string> pruner;     // none: no trial is stopped early
    std::optional<std::string> stop_when;  // none: only the budget ends the search
    std::vector<Objective> objectives;
    std::optional<std::string> preset;  // whose limits are among `limits`
    Limits limits;
    std::optional<double> confidence;  // that a latency is within its limit; none: of its median
    std::optional<std::vector<double>> hypervolume_reference;  // one per objective
    Budget budget;
    LeaseTerms leases;                 // of workers elsewhere
    std::optional<int> workers;        // none: as many as the cores and the lag allow
    int threads = 1;                   // per worker
    std::optional<int> phase_threads;  // none: of all workers
    std::optional<int> lag = 4;        // none: trials are told as they end
    std::optional<Reuse> reuse;        // none: architecture for spaces of networks, else genotype
    KeepWeights keep_weights = KeepWeights::front;
    std::uint64_t seed = 0;
    int finalists = 0;
    FinalistStart finalists_from = FinalistStart::scratch;
    FinalistChoice finalists_choice = FinalistChoice::best;
    std::optional<AuditOptions> audit = AuditOptions{};  // of shared weights; none: no audit
    std::vector<InitialPoint> initial;                   // the first trials
    std::vector<KnownResult> known;                      // what the strategy knows before them
    // Those of `initial` and `known` that are still to be looked up.
    std::optional<WarmStart> warm_start;
    std::optional<std::filesystem::path> store;  // none: as the command line says
};

// Everything that is wrong becomes a fault with its pointer; the result is of use only if
// there are none. `base`: the folder of the document, unless it names another.
// `cores`: workers times threads may not exceed them, nor may the threads of a phase.
JobSpec read_job(const Json& json, const std::filesystem::path& base, int cores, Faults& faults);

// The document that read_job() makes this job from again, wherever it stands.
std::string to_job_document(const JobSpec& job);

// How many workers run: what the job says, else as many as `cores` and the lag allow.
int worker_count(const JobSpec& job, int cores);

// How many threads a phase uses: what the job says, else those of all workers.
int phase_thread_count(const JobSpec& job, int workers);

// Sets what `path` ("budget.trials", "objectives.0.metric") names to `text`, read as YAML;
// missing objects are made. Throws Error(invalid_input) if the path leads through
// something else, or `text` is no YAML.
void set_value(Json& document, std::string_view path, std::string_view text);

}  // namespace parnas::search
