// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/embedded.h"
#include "core/json.h"
#include "search/report/report.h"

namespace parnas::search {

// report.html and compare.html with their styles and scripts, embedded by the build.
std::span<const EmbeddedFile> report_pages();
// The page of this name with the data that its scripts read.
std::string fill_page(std::string_view name, const Json& data);

// What the page's scripts read: study, trials, fronts, network, notes.
Json report_data(const Report& report, std::string_view version);
// {"nodes": [{"name", "text", "inputs", ...}], "outputs": [...]}; inputs and outputs are
// positions in `nodes`, where the network's inputs come first.
Json drawing_data(const spaces::Network& network);
// What a reader has to know to take the figures for what they are, one sentence each.
std::vector<std::string> report_notes(const Report& report);

}  // namespace parnas::search
