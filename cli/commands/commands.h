// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/console.h"
#include "cli/options.h"

// One function per command. Each returns the program's exit code, or throws Error.
namespace parnas::cli {

int run(const RunOptions& options, const GlobalOptions& global, Console& console);
int run(const ResumeOptions& options, const GlobalOptions& global, Console& console);
int run(const AuditCommandOptions& options, const GlobalOptions& global, Console& console);
int run(const StudiesOptions& options, const GlobalOptions& global, Console& console);
int run(const StatusOptions& options, const GlobalOptions& global, Console& console);
int run(const TrialsOptions& options, const GlobalOptions& global, Console& console);
int run(const PhasesOptions& options, const GlobalOptions& global, Console& console);
int run(const FrontOptions& options, const GlobalOptions& global, Console& console);
int run(const ExportOptions& options, const GlobalOptions& global, Console& console);
int run(const AnnotateOptions& options, const GlobalOptions& global, Console& console);
int run(const CloneOptions& options, const GlobalOptions& global, Console& console);
int run(const DbCheckOptions& options, const GlobalOptions& global, Console& console);
int run(const DbBackupOptions& options, const GlobalOptions& global, Console& console);
int run(const DbRestoreOptions& options, const GlobalOptions& global, Console& console);
int run(const DbMigrateOptions& options, const GlobalOptions& global, Console& console);
int run(const DbCompactOptions& options, const GlobalOptions& global, Console& console);
int run(const DbAdoptOptions& options, const GlobalOptions& global, Console& console);
int run(const DbStatsOptions& options, const GlobalOptions& global, Console& console);
int run(const OptunaImportOptions& options, const GlobalOptions& global, Console& console);
int run(const OptunaExportOptions& options, const GlobalOptions& global, Console& console);
int run(const ReportOptions& options, const GlobalOptions& global, Console& console);
int run(const ImportanceOptions& options, const GlobalOptions& global, Console& console);
int run(const CompareOptions& options, const GlobalOptions& global, Console& console);
int run(const TokensCreateOptions& options, const GlobalOptions& global, Console& console);
int run(const TokensListOptions& options, const GlobalOptions& global, Console& console);
int run(const TokensRevokeOptions& options, const GlobalOptions& global, Console& console);
int run(const WorkersListOptions& options, const GlobalOptions& global, Console& console);
int run(const WorkersDrainOptions& options, const GlobalOptions& global, Console& console);
int run(const SpacesListOptions& options, const GlobalOptions& global, Console& console);
int run(const SpacesShowOptions& options, const GlobalOptions& global, Console& console);
int run(const SpacesLintOptions& options, const GlobalOptions& global, Console& console);
int run(const SpacesSampleOptions& options, const GlobalOptions& global, Console& console);
int run(const SpacesBlocksOptions& options, const GlobalOptions& global, Console& console);
int run(const PluginListOptions& options, const GlobalOptions& global, Console& console);
int run(const PluginCheckOptions& options, const GlobalOptions& global, Console& console);
int run(const PluginNewOptions& options, const GlobalOptions& global, Console& console);
int run(const TargetsListOptions& options, const GlobalOptions& global, Console& console);
int run(const TargetsShowOptions& options, const GlobalOptions& global, Console& console);
int run(const TargetsAddOptions& options, const GlobalOptions& global, Console& console);
int run(const TargetsCalibrateOptions& options, const GlobalOptions& global, Console& console);
int run(const TargetsProfileOptions& options, const GlobalOptions& global, Console& console);
int run(const TargetsOnboardOptions& options, const GlobalOptions& global, Console& console);
int run(const ServeOptions& options, const GlobalOptions& global, Console& console);
int run(const WorkerOptions& options, const GlobalOptions& global, Console& console);
int run(const SubmitOptions& options, const GlobalOptions& global, Console& console);
int run(const JobsOptions& options, const GlobalOptions& global, Console& console);
int run(const TopOptions& options, const GlobalOptions& global, Console& console);
int run(const LogsOptions& options, const GlobalOptions& global, Console& console);
int run(const DoctorOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchNb201Options& options, const GlobalOptions& global, Console& console);
int run(const BenchNb201ModelOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchDriverOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchHardwareOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchHostOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchProxiesOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchQualityOptions& options, const GlobalOptions& global, Console& console);
int run(const BenchServiceOptions& options, const GlobalOptions& global, Console& console);

}  // namespace parnas::cli
