// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/server.h"
#include "api/rest/operations_list.h"
#include "api/rest/routes.h"
#include "api/rest/store_answers.h"
#include "api/rest/token_access.h"
#include "api/service/jobs.h"
#include "api/service/leases.h"
#include "api/service/uploads.h"
#include "api/service/workers.h"
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/job.h"
#include "cli/request_job.h"
#include "cli/stores.h"
#include "cli/target_folder.h"
#include "core/crypto/sha256.h"
#include "core/mutation.h"
#include "store/sqlite/schema.h"
#include "store/sqlite_store.h"

namespace parnas::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kUploadBytes = 256U << 20U;
// What a stop may take: requests that run first, then drivers.
constexpr http::Milliseconds kStopRequests{5'000};
constexpr auto kHousekeeping = 30s;
constexpr auto kAnswersKept = 24h;

// Of this process alone: ids that two servers make must differ.
std::uint64_t random_seed() {
    const std::string bytes = crypto::random_bytes(sizeof(std::uint64_t));
    std::uint64_t seed = 0;
    std::memcpy(&seed, bytes.data(), sizeof seed);
    return seed;
}

rest::MetricFamily gauge(std::string name, std::string help, double value) {
    return {.name = std::move(name),
            .help = std::move(help),
            .kind = rest::MetricKind::gauge,
            .samples = {{.labels = {}, .value = value}}};
}

// Everything that a server is made of, in the order in which it is needed.
class Service {
  public:
    Service(const ServeOptions& options, const GlobalOptions& global)
        : store_(store::make_sqlite_store(
              {.path = store_path(global), .mode = store::OpenMode::create})),
          kept_(store::service_store(*store_)),
          host_(*store_,
                [](const store::StudyRecord& study, const std::stop_token& stop) {
                    return prepare_stored_job(study, {}, stop);
                },
                {.on_commit = [this] { events_.notify(); },
                 .on_end = [this](StudyId study,
                                  const search::StudyEnd& end) { jobs_.end(study, end); }}),
          leases_(host_, *store_, random_seed(), {.ttl = Seconds(options.lease_seconds)}),
          workers_(kept_, random_seed()),
          jobs_(
              *store_,
              host_,
              [](const Json& document) { return prepare_request(document, {}); },
              random_seed()),
          tokens_(kept_),
          access_(tokens_,
                  sessions_,
                  options.open ? rest::WithoutTokens::admit : rest::WithoutTokens::refuse),
          answers_(kept_),
          server_(rest::make_routes(contract_, operations(), access_, answers_),
                  server_options(options)) {}

    ~Service() {
        server_.stop(kStopRequests);
        host_.stop_all();
        workers_.keep_times();
    }
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    std::string url() const { return server_.url(); }
    std::vector<std::string> resume() { return jobs_.resume(); }

    void keep_house() {
        workers_.keep_times();
        kept_.forget_answers(now() - kAnswersKept);
    }

  private:
    static http::ServerOptions server_options(const ServeOptions& options) {
        return {.address = options.address,
                .port = static_cast<std::uint16_t>(options.port),
                .allow_remote = !options.open};
    }

    rest::Operations operations() {
        return rest::all_operations(view_,
                                    {.jobs = jobs_,
                                     .workers = workers_,
                                     .leases = leases_,
                                     .uploads = uploads_,
                                     .tokens = tokens_,
                                     .sessions = sessions_});
    }

    rest::ServerStatus status() {
        return {.version = PARNAS_VERSION,
                .schema = static_cast<int>(store::sqlite::kSchemaVersion),
                .readiness = [] { return std::vector<rest::ReadinessCheck>{}; },
                .counters = [this] { return server_.counters(); },
                .metrics = [this] { return metrics(); }};
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
                gauge("parnas_events_seq",
                      "Number of the last event",
                      static_cast<double>(kept_.last_seq()))};
    }

    std::unique_ptr<store::Store> store_;
    store::ServiceStore& kept_;
    rest::Contract contract_{rest::openapi_document()};
    rest::PageTokens pages_{crypto::random_bytes(32)};
    rest::EventFeed events_{kept_};
    service::Uploads uploads_{kUploadBytes};
    service::StudyHost host_;
    service::Leases leases_;
    service::Workers workers_;
    service::Jobs jobs_;
    service::Tokens tokens_;
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
};

}  // namespace

int run(const ServeOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    Service service(options, global);
    if (console.output == OutputFormat::json)
        print(console, Json{{"url", service.url()}});
    else
        console.out << "Listening on " << service.url() << '\n';
    console.out.flush();
    for (const std::string& why : service.resume())
        console.err << "Cannot go on with " << why << '\n';
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any wake;
    const std::stop_token stop = interrupts.token();
    while (!wake.wait_for(lock, stop, kHousekeeping, [&] { return stop.stop_requested(); }))
        service.keep_house();
    console.err << "Stopping\n";
    if (mutated("no_graceful_stop"))
        std::_Exit(0);
    return 0;
}

}  // namespace parnas::cli
