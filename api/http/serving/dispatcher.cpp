// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/dispatcher.h"

#include <exception>
#include <new>
#include <utility>

#include "api/http/problem.h"
#include "api/http/protocol/uri.h"
#include "api/http/protocol/wire.h"
#include "api/http/serving/event_pump.h"
#include "api/http/serving/socket.h"
#include "core/mutation.h"

namespace parnas::http {
namespace {

// A number that is higher while the object lives.
class Counted {
  public:
    explicit Counted(std::atomic<std::size_t>& number) : number_(number) { ++number_; }
    ~Counted() { --number_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

  private:
    std::atomic<std::size_t>& number_;
};

std::chrono::microseconds since(Clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
}

}  // namespace

// An exchange whose answer is a stream.
struct Dispatcher::Streaming {
    Exchange exchange;
    Response response;
    std::shared_ptr<StreamSeats::Seat> seat;
};

Dispatcher::Dispatcher(std::vector<Route> routes, const ServerOptions& options, Meter& meter)
    : options_(options),
      meter_(meter),
      router_(std::move(routes)),
      seats_(options.limits.streams, options.limits.streams_per_principal),
      normal_(options.lanes.normal, options.lanes.thread_idle),
      waiting_(options.lanes.waiting, options.lanes.thread_idle),
      vital_(options.lanes.vital, options.lanes.thread_idle),
      streams_({.threads = options.limits.streams, .queue = 0}, options.lanes.thread_idle) {}

Dispatcher::~Dispatcher() {
    join();
}

void Dispatcher::join() {
    // A request in these lanes may become a stream.
    normal_.join();
    waiting_.join();
    vital_.join();
    streams_.join();
}

std::size_t Dispatcher::queued() const {
    return normal_.load().queued + waiting_.load().queued + vital_.load().queued;
}

Admitted Dispatcher::admit(RequestHead& head, const Client& client) {
    Router::Match match = router_.find(head.method, head.path);
    if (match.route == nullptr && head.method != "OPTIONS")
        throw HttpError(Problem{.status = 405,
                                .detail = head.method + " is not a method of this path",
                                .headers = {{"Allow", match.allowed}}});
    if (client.reserved && (match.route == nullptr || match.route->lane != Lane::vital)) {
        ++meter_.refused_requests;
        throw HttpError(503, "the server has too many connections");
    }
    std::vector<Field> query = parse_query(head.query);
    const std::size_t most =
        match.route == nullptr ? 0 : match.route->body_bytes.value_or(options_.limits.body_bytes);
    Request request{.method = std::move(head.method),
                    .path = std::move(head.path),
                    .parameters = std::move(match.parameters),
                    .query = std::move(query),
                    .headers = std::move(head.headers),
                    .remote_address = client.address,
                    .encrypted = options_.tls.has_value()};
    request.id = ids_.name(request.headers);
    return {.match = std::move(match), .request = std::move(request), .most_body_bytes = most};
}

void Dispatcher::start(Exchange exchange) {
    const Route* route = exchange.match.route;
    const bool one_lane = mutated("no_vital_lane");
    const Lane lane = one_lane ? Lane::normal : route == nullptr ? Lane::vital : route->lane;
    ElasticPool& pool = lane == Lane::normal ? normal_ : lane == Lane::waiting ? waiting_ : vital_;
    const auto own = std::make_shared<Exchange>(std::move(exchange));
    if (!pool.try_run([this, own] { run(*own); }))
        refuse_busy(*own, "the server is busy");
}

std::string Dispatcher::refuse(const RequestHead& head,
                               const Client& client,
                               const HttpError& error,
                               bool close) {
    const std::string id = ids_.name(head.headers);
    const std::string bytes =
        to_wire(make_problem(error.problem(), id),
                {.id = id, .close = close, .without_body = head.method == "HEAD"});
    record({.id = id,
            .method = head.method,
            .path = head.path,
            .remote_address = client.address,
            .status = error.problem().status,
            .sent_bytes = bytes.size()});
    return bytes;
}

void Dispatcher::run(Exchange& exchange) {
    Connections& home = *exchange.home;
    const ConnectionId connection = exchange.connection;
    try {
        answer(exchange);
    } catch (const std::exception&) {
        // There was no memory for an answer, not even for one that says so.
        home.give_back({.connection = connection});
    }
}

void Dispatcher::answer(Exchange& exchange) {
    if (Clock::now() - exchange.began > options_.deadlines.queue) {
        refuse_busy(exchange, "the server is busy");
        return;
    }
    Result result = call(exchange);
    if (result.response.events && exchange.request.method != "HEAD")
        stream(exchange, std::move(result.response));
    else
        finish(exchange, std::move(result));
}

void Dispatcher::refuse_busy(Exchange& exchange, const char* why) {
    ++meter_.refused_requests;
    finish(exchange, problem(exchange, HttpError(503, why)));
}

Dispatcher::Result Dispatcher::call(const Exchange& exchange) {
    const Counted running(meter_.running);
    if (exchange.match.route == nullptr)
        return {.response = {.status = 204, .headers = {{"Allow", exchange.match.allowed}}}};
    try {
        return {.response = exchange.match.route->handler(exchange.request)};
    } catch (const Error& error) {
        return problem(exchange, error);
    } catch (const std::bad_alloc&) {
        return problem(exchange, Error(ErrorKind::unavailable, "out of memory"));
    } catch (const std::exception& error) {
        return problem(exchange, Error(ErrorKind::internal, error.what()));
    } catch (...) {
        return problem(exchange,
                       Error(ErrorKind::internal, "a handler threw what is no exception"));
    }
}

Dispatcher::Result Dispatcher::problem(const Exchange& exchange, const Error& error) const {
    const Problem told = to_problem(error);
    return {.response = make_problem(told, exchange.request.id),
            .error = told.status >= 500 ? error.what() : ""};
}

void Dispatcher::finish(Exchange& exchange, Result result) {
    const bool keep_alive = exchange.keep_alive && !stopping_;
    const WireOptions how{.id = exchange.request.id,
                          .close = !keep_alive,
                          .without_body = exchange.request.method == "HEAD"};
    std::string bytes;
    try {
        bytes = to_wire(result.response, how);
    } catch (const Error& error) {
        result = problem(exchange, error);
        bytes = to_wire(result.response, how);
    }
    AccessRecord done = record_of(exchange);
    done.status = result.response.status;
    done.sent_bytes = bytes.size();
    done.error = std::move(result.error);
    record(done);  // before the client can know
    const std::optional<std::size_t> sent = exchange.channel->send_now(bytes);
    bytes.erase(0, sent.value_or(bytes.size()));
    exchange.home->give_back({.connection = exchange.connection,
                              .unsent = std::move(bytes),
                              .keep_alive = keep_alive && sent.has_value()});
}

void Dispatcher::stream(Exchange& exchange, Response response) {
    auto streaming = std::make_shared<Streaming>();
    streaming->seat = seats_.take(response.events->principal);
    if (streaming->seat != nullptr) {
        streaming->response = std::move(response);
        streaming->exchange = std::move(exchange);
        // Before the thread begins, so that it comes before what gives the connection back.
        streaming->exchange.home->lasts(streaming->exchange.connection);
        if (streams_.try_run([this, streaming] { pump(*streaming); }))
            return;
        exchange = std::move(streaming->exchange);
    }
    refuse_busy(exchange, "there are too many event streams");
}

void Dispatcher::pump(Streaming& streaming) {
    const Exchange& exchange = streaming.exchange;
    AccessRecord done = record_of(exchange);
    done.lasting = true;
    done.status = streaming.response.status;
    try {
        std::string head = to_wire(streaming.response, {.id = exchange.request.id, .close = true});
        const Pumped pumped = pump_events(*exchange.channel,
                                          std::move(head),
                                          *streaming.response.events->source,
                                          options_.deadlines,
                                          exchange.request.stop);
        done.sent_bytes = pumped.bytes;
        if (pumped.end == StreamEnd::slow)
            ++meter_.reaped_connections;
    } catch (const std::exception& error) {
        done.error = error.what();  // the stream breaks off; its status was sent
    }
    streaming.response.events.reset();
    streaming.seat.reset();
    done.duration = since(exchange.began);
    record(done);
    exchange.home->give_back({.connection = exchange.connection});
}

AccessRecord Dispatcher::record_of(const Exchange& exchange) {
    return {
        .id = exchange.request.id,
        .method = exchange.request.method,
        .path = exchange.request.path,
        .route = exchange.match.route == nullptr ? "" : exchange.match.route->pattern,
        .remote_address = exchange.request.remote_address,
        .principal = exchange.request.principal,
        .lasting = exchange.match.route != nullptr && exchange.match.route->lane == Lane::waiting,
        .duration = since(exchange.began)};
}

void Dispatcher::record(const AccessRecord& record) {
    meter_.request(record.route, record.method, record.status, record.duration);
    if (options_.access_log)
        options_.access_log(record);
}

}  // namespace parnas::http
