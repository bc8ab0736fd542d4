// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/client/messages.h"
#include "api/client/patience.h"
#include "core/json.h"

namespace parnas::client {

// The service's calls as functions. Thread-safe. All throw ServiceError for what the server
// refuses, Error(unavailable) if it was away for longer than patience lasts, and Error(damaged) for
// an answer that is none: replies are checked like a stranger's, but may have more than is asked of
// them. What is sent again is never done twice.
class ServiceClient {
  public:
    // Both must outlive it.
    explicit ServiceClient(HttpClient& http, OnOutage on_outage = {});

    // What a path answers, for those who read it themselves (read_reply()). Paths and queries are
    // encoded. `wait`: as the query asks the server to.
    Json get(const std::string& path, const Patience& patience, Seconds wait = Seconds(0.0));
    // Each item of a listing, page after page.
    void list(const std::string& path,
              const Patience& patience,
              const std::function<void(const Json&)>& take);
    // With a key of its own.
    Json post(const std::string& path, const Json& body, const Patience& patience);
    // Of what takes no key: after a lost answer it is not sent again.
    Json post_once(const std::string& path, const Json& body, const Patience& patience);
    // Patches what is at `path` with what `patch` makes of it, again if others have changed it
    // meanwhile, ten times at most; null: it stays. Returns it as it is then.
    Json change(const std::string& path,
                const std::function<Json(const Json& present)>& patch,
                const Patience& patience);
    void remove(const std::string& path, const Patience& patience);

    StudyView study(const std::string& name, const Patience& patience);
    Registration register_worker(const WorkerCard& card, const Patience& patience);

    // A request that is repeated with the same `key` gives the same leases.
    LeaseAnswer lease(const std::string& worker,
                      const LeaseRequest& request,
                      const std::string& key,
                      const Patience& patience);
    // As above, but only looks whether an interrupted request was heard, for a second at most.
    LeaseAnswer look_up_lease(const std::string& worker,
                              const LeaseRequest& request,
                              const std::string& key);

    // One try, with `timeout`.
    HeartbeatAnswer heartbeat(const LeaseGrant& lease,
                              Seconds timeout,
                              const std::stop_token& stop);
    // At most 1000 reports, whose batch keeps its `key`.
    ReportAnswer report(const LeaseGrant& lease,
                        std::span<const TrialReport> reports,
                        const std::string& key,
                        const Patience& patience);
    // Returns the trial's state.
    std::string send_result(const LeaseGrant& lease,
                            const TrialResult& result,
                            const Patience& patience);

    // Returns the artifact's id.
    std::string put_artifact(std::string bytes, const Patience& patience);
    std::string artifact(const std::string& id, const Patience& patience);

    std::string new_key() { return http_.new_key(); }
    double chance() { return http_.chance(); }
    const std::string& url() const { return http_.options().url; }

  private:
    Answer exchange(const Call& call, const Patience& patience);
    Json exchange_json(const Call& call, const Patience& patience);

    HttpClient& http_;
    OnOutage on_outage_;
};

}  // namespace parnas::client
