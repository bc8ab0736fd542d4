// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <random>
#include <sys/resource.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/server.h"
#include "api/rest/operations_list.h"
#include "api/rest/routes.h"
#include "api/rest/store_answers.h"
#include "api/rest/token_access.h"
#include "api/service/jobs.h"
#include "api/service/leases.h"
#include "api/service/optuna_leases.h"
#include "api/service/store_watch.h"
#include "api/service/suggestions.h"
#include "api/service/uploads.h"
#include "api/service/workers.h"
#include "cli/commands/commands.h"
#include "cli/composition.h"
#include "cli/grpc_module.h"
#include "cli/interrupts.h"
#include "cli/job.h"
#include "cli/request_job.h"
#include "cli/service_log.h"
#include "cli/stores.h"
#include "cli/target_folder.h"
#include "core/crypto/sha256.h"
#include "core/mutation.h"
#include "store/sqlite_store.h"

namespace parnas::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kUploadBytes = 256U << 20U;
// What a stop may take: requests that run first, then drivers.
constexpr http::Milliseconds kStopRequests{5'000};
constexpr auto kLookAtStore = 1s;
constexpr auto kHousekeeping = 30s;
constexpr auto kAnswersKept = 24h;

rest::MetricFamily gauge(std::string name, std::string help, double value) {
    return {.name = std::move(name),
            .help = std::move(help),
            .kind = rest::MetricKind::gauge,
            .samples = {{.labels = {}, .value = value}}};
}

// Each connection is a file, and the soft limit is often a few.
void allow_many_files() {
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

// Everything that a server is made of, in the order in which it is needed.
class Service {
  public:
    Service(const ServeOptions& options, const GlobalOptions& global, Log& log)
        : log_(log),
          store_(store::make_sqlite_store(
              {.path = store_path(global), .mode = store::OpenMode::create, .for_long = true})),
          kept_(store::service_store(*store_)),
          host_(
              *store_,
              [](const store::StudyRecord& study, const std::stop_token& stop) {
                  return prepare_stored_job(study, {}, stop);
              },
              {.on_start = [this](const service::HostedStudy& study) { log_start(log_, study); },
               .on_wait = [this](const service::HostedStudy& study,
                                 const std::string& why) { log_wait(log_, study, why); },
               .on_expired =
                   [this](const service::HostedStudy& study, const store::AttemptRecord& attempt) {
                       log_expired(log_, study, attempt);
                   },
               .on_commit = [this] { events_.notify(); },
               .on_end =
                   [this](StudyId study, const search::StudyEnd& end) {
                       jobs_.end(study, end);
                       if (const auto hosted = host_.find(study))
                           log_end(log_, hosted->name(), end);
                   }}),
          leases_(host_, *store_, crypto::random_seed(), {.ttl = Seconds(options.lease_seconds)}),
          workers_(kept_, crypto::random_seed()),
          jobs_(
              *store_,
              host_,
              [](const Json& document) { return prepare_request(document, {}); },
              crypto::random_seed()),
          tokens_(kept_),
          upkeep_(kept_, store_path(global)),
          optuna_leases_(
              store::optuna_store(*store_),
              {.ttl = Seconds(options.lease_seconds)},
              [this](const store::OptunaTrial& trial, std::optional<store::TrialId> copy) {
                  log_expired(log_, trial, copy);
              }),
          suggestions_(store::optuna_store(*store_), registries_.strategies, registries_.pruners),
          access_(tokens_,
                  sessions_,
                  options.open ? rest::WithoutTokens::admit : rest::WithoutTokens::refuse),
          answers_(kept_),
          server_(rest::make_routes(contract_, operations(), access_, answers_),
                  server_options(options)) {
        if (options.grpc_port)
            grpc_ = open_grpc_server(store::optuna_store(*store_), grpc_options(options));
    }

    ~Service() {
        if (grpc_)
            grpc_->stop(kStopRequests);
        server_.stop(kStopRequests);
        host_.stop_all();
        keep_times();
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    std::string url() const { return server_.url(); }
    // None: no gRPC.
    std::optional<std::uint16_t> grpc_port() const {
        return grpc_ ? std::optional(grpc_->port()) : std::nullopt;
    }
    std::vector<std::string> resume() { return jobs_.resume(); }

    void look_at_store() { watch_.look(); }

    void keep_house() {
        keep_times();
        if (!kept_.fault())
            unless_unwritable([this] { kept_.forget_answers(now() - kAnswersKept); });
    }

  private:
    // What can be done later, or left.
    template <typename Write>
    static void unless_unwritable(const Write& write) {
        try {
            write();
        } catch (const Error&) {
            // The watch tells of it, and whoever asks for a change.
        }
    }

    void keep_times() {
        unless_unwritable([this] { workers_.keep_times(); });
    }

    http::ServerOptions server_options(const ServeOptions& options) {
        http::ServerOptions server{
            .address = options.address,
            .port = static_cast<std::uint16_t>(options.port),
            .allow_remote = !options.open,
            .access_log = [this](const http::AccessRecord& record) { log_request(log_, record); }};
        if (!options.tls_certificate.empty())
            server.tls = {.certificate = options.tls_certificate, .key = options.tls_key};
        return server;
    }

    rpc::GrpcOptions grpc_options(const ServeOptions& options) {
        rpc::GrpcOptions grpc{
            .address = options.grpc_address,
            .port = static_cast<std::uint16_t>(*options.grpc_port),
            .times = options.grpc_iso_times ? rpc::TimeForm::iso8601 : rpc::TimeForm::naive,
            .on_idle = [this](const store::OptunaTrial& trial) { log_idle(log_, trial); }};
        if (options.grpc_idle_seconds)
            grpc.idle = Seconds(*options.grpc_idle_seconds);
        return grpc;
    }

    rest::Operations operations() {
        return rest::all_operations(view_,
                                    {.jobs = jobs_,
                                     .workers = workers_,
                                     .leases = leases_,
                                     .uploads = uploads_,
                                     .tokens = tokens_,
                                     .upkeep = upkeep_,
                                     .sessions = sessions_,
                                     .optuna = {.store = store::optuna_store(*store_),
                                                .leases = optuna_leases_,
                                                .suggestions = suggestions_}});
    }

    rest::ServerStatus status() {
        return {.version = PARNAS_VERSION,
                .schema = static_cast<int>(store::kSchemaVersion),
                .readiness = [this] { return readiness(); },
                .counters = [this] { return server_.counters(); },
                .metrics = [this] { return metrics(); }};
    }

    std::vector<rest::ReadinessCheck> readiness() {
        const std::optional<std::string> trouble = watch_.trouble();
        std::vector<rest::ReadinessCheck> checks{
            {.name = "store",
             .ready = !trouble,
             .state = trouble ? "read-only: " + words_for_others() : "writable"}};
        const auto studies = host_.driven();
        const auto waiting = std::ranges::count_if(
            studies, [](const auto& study) { return study->trouble().has_value(); });
        checks.push_back(
            {.name = "studies",
             .ready = waiting == 0,
             .state = waiting == 0 ? fmt::format("{} driven", studies.size())
                                   : fmt::format("{} of {} wait for the store to be driven again",
                                                 waiting,
                                                 studies.size())});
        return checks;
    }

    // The store's own name its file.
    std::string words_for_others() const {
        const std::optional<store::StorageFault> fault = kept_.fault();
        if (!fault)
            return "another program has its lock";
        switch (fault->trouble) {
            case store::StorageTrouble::full:
                return "the disk is full";
            case store::StorageTrouble::failed:
                return "the disk failed";
            case store::StorageTrouble::damaged:
                break;
        }
        return "the file is damaged";
    }

    std::vector<rest::MetricFamily> metrics() const {
        std::size_t leases = 0;
        const auto studies = host_.driven();
        for (const auto& study : studies)
            leases += study->desk()->demand();
        return {gauge("parnas_studies_driven",
                      "Studies that are searched now",
                      static_cast<double>(studies.size())),
                gauge("parnas_leases_active",
                      "Leases that are out, and requests that wait for one",
                      static_cast<double>(leases)),
                gauge("parnas_store_read_only",
                      "1 while changes are refused: the disk is full or failed",
                      kept_.fault() ? 1.0 : 0.0),
                gauge("parnas_events_seq",
                      "Number of the last event",
                      static_cast<double>(kept_.last_seq()))};
    }

    Log& log_;
    std::unique_ptr<store::Store> store_;
    store::ServiceStore& kept_;
    rest::Contract contract_{rest::openapi_document()};
    rest::PageTokens pages_{crypto::random_bytes(32)};
    rest::EventFeed events_{kept_};
    service::StoreWatch watch_{kept_, [this](const std::optional<std::string>& trouble) {
                                   log_store(log_, trouble);
                               }};
    service::Uploads uploads_{kUploadBytes};
    service::StudyHost host_;
    service::Leases leases_;
    service::Workers workers_;
    service::Jobs jobs_;
    service::Tokens tokens_;
    service::Upkeep upkeep_;
    search::Registries registries_ = make_registries();
    service::OptunaLeases optuna_leases_;
    service::Suggestions suggestions_;
    rest::Sessions sessions_;
    rest::TokenAccess access_;
    rest::StoreAnswers answers_;
    rest::Service view_{.contract = contract_,
                        .pages = pages_,
                        .store = *store_,
                        .kept = kept_,
                        .events = events_,
                        .targets = target_library(),
                        .status = status()};
    http::Server server_;
    std::unique_ptr<rpc::GrpcServer> grpc_;
};

// Where the server listens, for people or programs.
void announce(const Service& service, const ServeOptions& options, Console& console) {
    const auto port = service.grpc_port();
    if (console.output == OutputFormat::json) {
        Json where{{"url", service.url()}};
        if (port)
            where["grpc"] = {{"host", options.grpc_address}, {"port", *port}};
        print(console, where);
    } else {
        console.out << "Listening on " << service.url() << '\n';
        if (port)
            console.out << fmt::format("Listening for Optuna's clients (gRPC) on {} port {}\n",
                                       options.grpc_address,
                                       *port);
    }
    console.out.flush();
}

}  // namespace

int run(const ServeOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    allow_many_files();
    Log log(write_to_stderr, {.least = options.log_level, .format = options.log_format});
    Service service(options, global, log);
    announce(service, options, console);
    log.write(LogLevel::info,
              "server_started",
              {{"url", service.url()}, {"version", std::string(PARNAS_VERSION)}});
    for (const std::string& why : service.resume())
        log.write(LogLevel::error, "job_not_resumed", {{"reason", why}});
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wake;
    const std::stop_token stop = interrupts.token();
    auto house = Clock::now() + kHousekeeping;
    while (!wake.wait_for(lock, stop, kLookAtStore, [&] { return stop.stop_requested(); })) {
        service.look_at_store();
        if (Clock::now() < house)
            continue;
        service.keep_house();
        house = Clock::now() + kHousekeeping;
    }
    log.write(LogLevel::info, "server_stopping");
    if (mutated("no_graceful_stop"))
        std::_Exit(0);
    return 0;
}

}  // namespace parnas::cli
