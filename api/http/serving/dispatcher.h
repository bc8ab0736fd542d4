// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "api/http/counters.h"
#include "api/http/protocol/request_id.h"
#include "api/http/router.h"
#include "api/http/serving/elastic_pool.h"
#include "api/http/serving/exchange.h"
#include "api/http/serving/stream_seats.h"

namespace parnas::http {

// Brings requests to the handlers of their routes on the threads of their lanes, and answers to
// where they came from. Every request that has a head is counted and logged here, once.
class Dispatcher : public Intake {
  public:
    // Throws Error(invalid_input) on routes that do not fit each other. `options` and `meter`
    // must outlive it.
    Dispatcher(std::vector<Route> routes, const ServerOptions& options, Meter& meter);
    ~Dispatcher() override;

    Admitted admit(RequestHead& head, const Client& client) override;
    void start(Exchange exchange) override;
    std::string refuse(const RequestHead& head,
                       const Client& client,
                       const HttpError& error,
                       bool close) override;

    // From now on connections are not used again.
    void begin_stop() { stopping_ = true; }
    // Takes no more requests and waits until the last one that was taken has been answered.
    void join();

    std::size_t queued() const;
    std::size_t streams() const { return seats_.taken(); }

  private:
    // What became of a request.
    struct Result {
        Response response;
        std::string error;  // for the log
    };
    struct Streaming;

    void run(Exchange& exchange);
    void answer(Exchange& exchange);
    void refuse_busy(Exchange& exchange, const char* why);
    Result call(const Exchange& exchange);
    Result problem(const Exchange& exchange, const Error& error) const;
    void finish(Exchange& exchange, Result result);
    void stream(Exchange& exchange, Response response);
    void pump(Streaming& streaming);
    void record(const AccessRecord& record);
    static AccessRecord record_of(const Exchange& exchange);

    const ServerOptions& options_;
    Meter& meter_;
    Router router_;
    RequestIds ids_;
    StreamSeats seats_;
    std::atomic<bool> stopping_{false};
    ElasticPool normal_;
    ElasticPool waiting_;
    ElasticPool vital_;
    ElasticPool streams_;
};

}  // namespace parnas::http
