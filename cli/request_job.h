// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "core/json.h"
#include "search/run_study.h"

namespace parnas::cli {

// A job document that came with a request, ready to be driven. Nothing of a request is opened,
// run or asked for: spaces and targets are those of the libraries or documents in the job, and
// evaluators are `remote` and `synthetic`. Throws Error(invalid_input) with all faults, each with
// its pointer into the document.
search::PreparedStudy prepare_request(const Json& document, const std::stop_token& stop);

}  // namespace parnas::cli
