// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/options.h"
#include "core/document.h"
#include "core/error.h"
#include "core/json.h"

namespace parnas::cli {

// The body of POST /v1/jobs. A server opens no file that a request names, so the job's space goes
// with it if it is a file here, and `base` and `store`, which are of this machine, do not. Throws
// Error as changed_job() and Document::read().
Json to_submission(const Document& document, const SubmitOptions& options);

// What a server says of the body, with lines of the job file for pointers into the job.
Error with_lines_of_job(const Error& error, const Document& document);

}  // namespace parnas::cli
