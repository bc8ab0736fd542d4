// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "cli/remote_records.h"
#include "cli/servers.h"

namespace parnas::cli {
namespace {

std::string path_of(const JobsOptions& options) {
    std::string query;
    const auto add = [&query](const char* key, const std::optional<std::string>& value) {
        if (value)
            query += fmt::format(
                "{}{}={}", query.empty() ? '?' : '&', key, client::percent_encoded(*value));
    };
    add("state", options.state);
    add("study", options.study);
    return "/v1/jobs" + query;
}

Scalar moment_cell(const std::optional<TimePoint>& time) {
    return time ? Scalar(parnas::to_string(*time).substr(0, 19)) : Scalar();
}

}  // namespace

int run(const JobsOptions& options, const GlobalOptions& global, Console& console) {
    client::HttpClient http(need_server(options.server, global));
    client::ServiceClient client(http);
    const std::string path = path_of(options);
    Json items = Json::array();
    client.list(path, short_patience(), [&](const Json& item) { items.push_back(item); });
    if (console.output == OutputFormat::json) {
        print(console, items);
        return 0;
    }
    Table table{.columns = {{"id", "job"},
                            {"study", "study"},
                            {"state", "state"},
                            {"done", "trials"},
                            {"total", "of"},
                            {"submitted", "submitted (UTC)"},
                            {"ended", "ended (UTC)"},
                            {"reason", "reason"}},
                .rows = {}};
    for (const Json& item : items) {
        const SubmittedJob job = read_remote_job(item, path);
        table.rows.push_back({job.id,
                              job.study,
                              job.state,
                              job.done,
                              job.total ? Scalar(*job.total) : Scalar(),
                              moment_cell(job.submitted),
                              moment_cell(job.ended),
                              text_or_nothing(job.reason)});
    }
    print(console, table);
    return 0;
}

}  // namespace parnas::cli
