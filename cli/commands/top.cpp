// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/remote_records.h"
#include "cli/servers.h"
#include "cli/top_view.h"

namespace parnas::cli {
namespace {

constexpr Seconds kBetweenFirstLooks{1.0};
constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";

// A server, looked at again and again.
class Watch {
  public:
    Watch(client::ServiceClient& client, std::stop_token stop)
        : client_(client), patience_{.stop = std::move(stop)} {}

    // The searches that are not over, those that run first.
    std::vector<TopStudy> look() {
        std::vector<TopStudy> studies;
        for (const char* state : {"running", "paused", "queued"}) {
            const std::string path = fmt::format("/v1/jobs?state={}", state);
            client_.list(path, patience_, [&](const Json& item) {
                const SubmittedJob job = read_remote_job(item, path);
                studies.push_back({.name = job.study,
                                   .state = job.state,
                                   .done = job.done,
                                   .total = job.total,
                                   .metric = {}});
            });
        }
        const Seconds now = std::chrono::steady_clock::now() - began_;
        for (TopStudy& study : studies) {
            study.rate = rates_.look(study.name, study.done, now);
            add_best(study);
        }
        return studies;
    }

    // After the first look nobody is told at once that the server is away: it may come back.
    void be_patient_for(std::optional<Seconds> longest) { patience_.longest = longest; }

  private:
    void add_best(TopStudy& study) {
        const std::string path = "/v1/studies/" + client::percent_encoded(study.name);
        const RemoteStudy seen = read_remote_study(client_.get(path, patience_), path);
        study.workers = seen.workers;
        if (seen.record.spec.metrics.empty())
            return;
        study.metric = seen.record.spec.metrics.front();
        const Json front = client_.get(path + "/front", patience_);
        const auto members = front.find("members");
        if (members == front.end() || !members->is_array() || members->empty())
            return;
        const auto best = read_remote_trial(members->front(), seen.record.spec, path).record;
        if (!best.values.empty())
            study.best = best.values.front();
    }

    client::ServiceClient& client_;
    client::Patience patience_;
    Rates rates_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

void show(const std::vector<TopStudy>& studies, const std::string& url, Console& console) {
    if (console.output != OutputFormat::table) {
        print(console, top_table(studies));
    } else {
        console.out << fmt::format("{}  {} UTC  {} search{}\n\n",
                                   url,
                                   parnas::to_string(now()).substr(0, 19),
                                   studies.size(),
                                   studies.size() == 1 ? "" : "es");
        print(console, top_table(studies));
    }
    console.out.flush();
}

void watch(const TopOptions& options,
           client::ServiceClient& client,
           const std::stop_token& stop,
           Console& console) {
    Watch watch(client, stop);
    watch.be_patient_for(short_patience().longest);
    watch.look();
    if (!options.once)
        watch.be_patient_for(std::nullopt);
    Seconds delay = kBetweenFirstLooks;
    do {
        sleep_for(delay, stop);
        if (stop.stop_requested())
            return;
        const std::vector<TopStudy> studies = watch.look();
        if (console.screen && !options.once)
            console.out << kClearScreen;
        show(studies, client.url(), console);
        delay = Seconds(options.every);
    } while (!options.once);
}

}  // namespace

int run(const TopOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    client::HttpClient http(need_server(options.server, global));
    client::ServiceClient client(http, [&](const std::string& why, Seconds) {
        if (!options.once)
            console.err << fmt::format("{}; trying again\n", why);
    });
    try {
        watch(options, client, interrupts.token(), console);
    } catch (const Error& error) {
        if (!interrupts.requested() || error.kind() != ErrorKind::unavailable)
            throw;
    }
    return 0;
}

}  // namespace parnas::cli
