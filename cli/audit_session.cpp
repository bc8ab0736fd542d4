// SPDX-License-Identifier: Apache-2.0
#include "cli/audit_session.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/job.h"
#include "cli/machine.h"
#include "cli/text/numbers.h"
#include "cli/text/shell.h"
#include "search/audit/run_audit.h"

namespace parnas::cli {
namespace {

Scalar number_or_nothing(const std::optional<double>& value) {
    return value ? Scalar(*value) : Scalar();
}

Table contenders_table(const search::Audit& audit) {
    Table table{.columns = {{"study", "study"},
                            {"strategy", "strategy"},
                            {"cost_seconds", "cost (s)"},
                            {"networks", "networks"},
                            {"best", "best " + metric_label(audit.metric)}},
                .rows = {}};
    const bool measured = !audit.reference.empty();
    if (measured)
        table.columns.push_back({"hypervolume", "hypervolume"});
    for (const search::Contender& contender : audit.contenders) {
        table.rows.push_back({contender.study,
                              contender.strategy,
                              contender.cost.count(),
                              contender.networks,
                              number_or_nothing(contender.best)});
        if (measured)
            table.rows.back().push_back(number_or_nothing(contender.hypervolume));
    }
    return table;
}

std::string correlation_text(const RankCorrelation& found) {
    return fmt::format("{:.2f} (95 % interval {:.2f} to {:.2f}, {} networks)",
                       found.tau,
                       found.low,
                       found.high,
                       found.count);
}

Table ranking_table(const search::Audit& audit) {
    Table table{.columns = {{"tau", "ranking"}}, .rows = {{ranking_text(audit)}}};
    if (audit.ceiling) {
        table.columns.push_back({"ceiling", "ceiling"});
        table.rows.front().push_back("tau " + correlation_text(*audit.ceiling));
    }
    if (audit.ceiling && audit.ranking && audit.ceiling->tau > 0.0) {
        table.columns.push_back({"share", "share of the ceiling"});
        table.rows.front().push_back(audit.ranking->tau / audit.ceiling->tau);
    }
    return table;
}

void print(Console& console, const search::Audit& audit) {
    if (console.output == OutputFormat::json) {
        print(console, Json{{"audit", search::audit_json(audit)}});
        return;
    }
    if (console.output == OutputFormat::csv) {
        print(console, contenders_table(audit));
        return;
    }
    console.out << fmt::format("\nAudit: {} with inherited weights against trained alone\n\n",
                               metric_label(audit.metric));
    print_record(console, ranking_table(audit));
    if (audit.contenders.empty())
        return;
    console.out << "\nAt equal cost\n\n";
    print(console, contenders_table(audit));
}

std::string audit_command(const SessionParts& parts,
                          const search::AuditOptions& options,
                          const GlobalOptions& global) {
    const search::AuditOptions own = parts.study.job.audit.value_or(search::AuditOptions{});
    std::string text = "parnas audit " + shell_word(parts.study.job.name);
    if (!global.store.empty())
        text += " --store " + shell_word(global.store.string());
    if (options.networks != own.networks)
        text += fmt::format(" --networks {}", options.networks);
    if (options.baselines != own.baselines)
        text += fmt::format(" --baselines {}", search::to_string(options.baselines));
    if (options.ceiling != own.ceiling)
        text += " --ceiling";
    return text;
}

}  // namespace

int audit(const SessionParts& parts,
          const search::AuditOptions& options,
          const GlobalOptions& global,
          const Interrupts& interrupts,
          Console& console) {
    const auto prepare = [&](search::JobSpec job) {
        return prepare_audit_job(std::move(job), interrupts.token());
    };
    const auto run = [&](const search::PreparedStudy& study, StudyId id) {
        const SessionParts part{.study = study, .store = parts.store, .id = id, .talk = parts.talk};
        return run_shown(part, global, interrupts, {}, console);
    };
    const search::AuditParts audited{
        .study = parts.study,
        .store = parts.store,
        .id = parts.id,
        .options = options,
        .workers = search::worker_count(parts.study.job, usable_cores()),
        .prepare = prepare,
        .run = run};
    const auto found = search::run_audit(audited, interrupts.token());
    if (!found) {
        console.err << "Stopped. Go on with: " << audit_command(parts, options, global) << '\n';
        return kInterrupted;
    }
    print(console, *found);
    return 0;
}

std::string ranking_text(const search::Audit& audit) {
    return audit.ranking ? "tau " + correlation_text(*audit.ranking)
                         : "no tau: " + printable(audit.no_ranking);
}

}  // namespace parnas::cli
