// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/client/reply.h"
#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/remote_records.h"
#include "cli/servers.h"

namespace parnas::cli {
namespace {

constexpr Seconds kLongPoll{25.0};
constexpr std::string_view kEnd = "session_ended";  // who waits for others waits for it too

// Reads a study's events in order, from `since` on, and prints each as a line.
class LogReader {
  public:
    LogReader(const LogsOptions& options, client::ServiceClient& client, Console& console)
        : client_(client),
          console_(console),
          study_("/v1/studies/" + client::percent_encoded(options.study)),
          kinds_(options.kinds),
          since_(options.since) {}

    // Those that are there, or come within `wait`; returns whether there were any.
    bool print_next(Seconds wait, const client::Patience& patience) {
        const std::string path = study_ + "/events";
        const Json page = client_.get(path + query(wait), patience, wait);
        bool any = false;
        since_ = client::read_reply(page, path, [&](ObjectReader& reader) {
            const Json* events = reader.need("events");
            if (events != nullptr && !events->is_array())
                reader.fault("events", "expected an array");
            else if (events != nullptr)
                for (const Json& event : *events) {
                    print_line(event, path);
                    any = true;
                }
            return reader.integer("next", {.low = 0});
        });
        console_.out.flush();
        return any;
    }

    bool is_running(const client::Patience& patience) {
        return read_remote_study(client_.get(study_, patience), study_).record.state ==
               store::StudyState::running;
    }

  private:
    std::string query(Seconds wait) const {
        std::string text = fmt::format("?since={}&wait={:.0f}", since_, wait.count());
        if (!kinds_.empty())
            text += "&kinds=" +
                    client::percent_encoded(fmt::format("{},{}", fmt::join(kinds_, ","), kEnd));
        return text;
    }

    void print_line(const Json& json, const std::string& path) {
        const store::Event event = read_remote_event(json, path).event;
        if (!kinds_.empty() && std::ranges::find(kinds_, event.kind) == kinds_.end())
            return;
        if (console_.output == OutputFormat::json)
            print(console_, json);
        else
            console_.out << fmt::format("{:>6}  {}  {}  {}\n",
                                        event.seq,
                                        parnas::to_string(event.time).substr(0, 23),
                                        printable(event.kind),
                                        printable(event.body));
    }

    client::ServiceClient& client_;
    Console& console_;
    std::string study_;               // its path
    std::vector<std::string> kinds_;  // all if empty
    std::int64_t since_;
};

// Until the study has ended and all of its events are told.
void follow(LogReader& reader, const client::Patience& patience) {
    for (;;) {
        const bool running = reader.is_running(patience);
        if (!reader.print_next(running ? kLongPoll : Seconds(0.0), patience) && !running)
            return;
    }
}

}  // namespace

int run(const LogsOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    client::HttpClient http(need_server(options.server, global));
    client::ServiceClient client(http, [&](const std::string& why, Seconds) {
        if (options.follow)
            console.err << fmt::format("{}; trying again\n", why);
    });
    LogReader reader(options, client, console);
    if (!options.follow) {
        while (reader.print_next(Seconds(0.0), short_patience())) {
        }
        return 0;
    }
    // Who is not let in, or asks for what there is not, is told so at once.
    reader.is_running(short_patience());
    try {
        follow(reader, {.stop = interrupts.token()});
    } catch (const Error& error) {
        if (!interrupts.requested() || error.kind() != ErrorKind::unavailable)
            throw;
        return kInterrupted;
    }
    return 0;
}

}  // namespace parnas::cli
