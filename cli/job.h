// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "cli/options.h"
#include "core/document.h"
#include "search/run_study.h"
#include "store/store.h"

namespace parnas::cli {

// A job file's document with the command line's changes. Throws Error(invalid_input).
Json changed_job(const Document& document, const RunOptions& options);

// The job file with the command line's changes, ready to run. Opens the LibTorch module if
// the job needs it. Throws Error with the place in the file.
search::PreparedStudy prepare_job(const RunOptions& options, const std::stop_token& stop);

// The job of a study that is there already, with a larger budget if `options` say so.
search::PreparedStudy prepare_stored_job(const store::StudyRecord& study,
                                         const ResumeOptions& options,
                                         const std::stop_token& stop);

// The job file for a study that another program made, with what it leaves out as the study has it
// (search/adopted_job.h). Throws as prepare_job().
search::PreparedStudy prepare_adopted_job(const store::Store& store,
                                          const store::StudyRecord& study,
                                          const ResumeOptions& options,
                                          const std::stop_token& stop);

// What changes of the form KEY.PATH=VALUE make of an empty document. Throws Error(invalid_input).
Json overrides_of(const std::vector<std::string>& set);

// The job of a study under another name, with the changes that `options` say.
search::PreparedStudy prepare_clone(const store::StudyRecord& study,
                                    const CloneOptions& options,
                                    const std::stop_token& stop);

// The job of one of an audit's studies.
search::PreparedStudy prepare_audit_job(search::JobSpec job, const std::stop_token& stop);

// The job of a study as values. Throws Error(invalid_input) for a study that another
// program made.
search::JobSpec stored_job(const store::StudyRecord& study);

}  // namespace parnas::cli
