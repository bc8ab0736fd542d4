// SPDX-License-Identifier: Apache-2.0
#include "api/service/workers.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "cli/remote_records.h"
#include "cli/servers.h"
#include "cli/stores.h"
#include "cli/text/moments.h"
#include "core/object_reader.h"
#include "store/service_store.h"

namespace parnas::cli {
namespace {

constexpr auto kPath = "/v1/workers";

std::vector<RemoteWorker> workers_of(client::ServiceClient& client) {
    std::vector<RemoteWorker> workers;
    client.list(kPath, short_patience(), [&](const Json& item) {
        workers.push_back(read_remote_worker(item, kPath));
    });
    return workers;
}

// As a server would have them that had just begun: what a running one has heard in the last
// minute is not in its store yet.
std::vector<RemoteWorker> workers_of(store::Store& store) {
    const TimePoint time = now();
    std::vector<RemoteWorker> workers;
    for (store::WorkerRecord& record : store::service_store(store).workers()) {
        std::string state(service::state_of(record, time));
        workers.push_back({.record = std::move(record), .state = std::move(state), .leases = {}});
    }
    return workers;
}

std::vector<RemoteWorker> workers_of(const WorkersListOptions& options,
                                     const GlobalOptions& global) {
    if (auto server = find_server(options.server, global)) {
        client::HttpClient http(*std::move(server));
        client::ServiceClient client(http);
        return workers_of(client);
    }
    return workers_of(*open_to_read(global));
}

Table worker_table(const std::vector<RemoteWorker>& workers) {
    Table table{.columns = {{"id", "id"},
                            {"name", "name"},
                            {"host", "host"},
                            {"pid", "process"},
                            {"target", "target"},
                            {"version", "version"},
                            {"state", "state"},
                            {"registered", "came (UTC)"},
                            {"last_seen", "last heard of"}},
                .rows = {}};
    for (const RemoteWorker& worker : workers)
        table.rows.push_back({worker.record.id,
                              worker.record.name,
                              text_or_nothing(worker.record.host),
                              worker.record.pid,
                              text_or_nothing(worker.record.target),
                              text_or_nothing(worker.record.version),
                              worker.state,
                              to_the_second(worker.record.registered),
                              to_the_second(worker.record.last_seen)});
    return table;
}

Json worker_json(const RemoteWorker& worker) {
    const store::WorkerRecord& record = worker.record;
    Json json = {{"id", record.id},
                 {"name", record.name},
                 {"host", record.host},
                 {"pid", record.pid},
                 {"target", record.target.empty() ? Json() : Json(record.target)},
                 {"version", record.version},
                 {"state", worker.state},
                 {"draining", record.draining},
                 {"registered", parnas::to_string(record.registered)},
                 {"last_seen", parnas::to_string(record.last_seen)}};
    if (!worker.leases)
        return json;
    json["leases"] = Json::array();
    for (const RemoteWorker::Lease& lease : *worker.leases)
        json["leases"].push_back({{"lease", lease.lease},
                                  {"study", lease.study},
                                  {"trial", lease.trial},
                                  {"attempt", lease.attempt}});
    return json;
}

// By its id, or the name that one alone has of those that are not lost.
std::string find_id(client::ServiceClient& client, const std::string& word) {
    const std::vector<RemoteWorker> workers = workers_of(client);
    if (std::ranges::find(workers, word, [](const RemoteWorker& each) { return each.record.id; }) !=
        workers.end())
        return word;
    std::vector<std::string> ids;
    std::vector<std::string> names;
    for (const RemoteWorker& worker : workers) {
        if (worker.state == "lost")
            continue;
        names.push_back(worker.record.name);
        if (worker.record.name == word)
            ids.push_back(worker.record.id);
    }
    if (ids.size() > 1)
        throw Error(ErrorKind::conflict,
                    fmt::format("{} workers have this name: take the id of one, such as {}",
                                ids.size(),
                                ids.front()),
                    word);
    if (ids.empty())
        throw Error(ErrorKind::not_found,
                    "no worker that is not lost has this name, and none this id" +
                        did_you_mean(word, names),
                    word);
    return ids.front();
}

RemoteWorker set_draining(client::ServiceClient& client, const std::string& id, bool draining) {
    const std::string path = std::string(kPath) + '/' + client::percent_encoded(id);
    const auto patch = [&](const Json& present) {
        const bool is_so = read_remote_worker(present, path).record.draining == draining;
        return is_so ? Json() : Json{{"draining", draining}};
    };
    return read_remote_worker(client.change(path, patch, short_patience()), path);
}

void print_one(Console& console, const RemoteWorker& worker) {
    if (console.output == OutputFormat::json) {
        print(console, worker_json(worker));
        return;
    }
    if (console.output == OutputFormat::csv) {
        print(console, worker_table({worker}));
        return;
    }
    const std::size_t leases = worker.leases ? worker.leases->size() : 0;
    console.out << fmt::format("{} ({}) takes {}; it has {} trial{} now.\n",
                               printable(worker.record.name),
                               worker.record.id,
                               worker.record.draining ? "no further trials" : "trials",
                               leases,
                               leases == 1 ? "" : "s");
}

}  // namespace

int run(const WorkersListOptions& options, const GlobalOptions& global, Console& console) {
    std::vector<RemoteWorker> workers = workers_of(options, global);
    if (options.state)
        std::erase_if(workers,
                      [&](const RemoteWorker& worker) { return worker.state != *options.state; });
    if (console.output != OutputFormat::json) {
        print(console, worker_table(workers));
        return 0;
    }
    Json json = Json::array();
    for (const RemoteWorker& worker : workers)
        json.push_back(worker_json(worker));
    print(console, json);
    return 0;
}

int run(const WorkersDrainOptions& options, const GlobalOptions& global, Console& console) {
    client::HttpClient http(need_server(options.server, global));
    client::ServiceClient client(http);
    const std::string id = find_id(client, options.worker);
    print_one(console, set_draining(client, id, options.drain));
    return 0;
}

}  // namespace parnas::cli
