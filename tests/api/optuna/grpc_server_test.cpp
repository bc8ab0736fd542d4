// SPDX-License-Identifier: Apache-2.0
// The protocol of Optuna's GrpcStorageProxy, asked by a client of it.
#include "api/optuna/grpc_server.h"

#include <atomic>
#include <cmath>
#include <grpcpp/grpcpp.h>
#include <limits>
#include <thread>

#include <fmt/format.h>

#include "api/optuna/storage.grpc.pb.h"
#include "store/sqlite_store.h"
#include "tests/store/samples.h"
#include "tests/support/catch.h"

using namespace parnas;
using grpc::StatusCode;

namespace {

constexpr const char* kUnit =
    R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}})";
constexpr const char* kLog =
    R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.1, "high": 1.0, "log": true}})";

// A connection, as a client has one.
class Client {
  public:
    explicit Client(std::uint16_t port)
        : stub_(optuna::StorageService::NewStub(
              grpc::CreateChannel(fmt::format("127.0.0.1:{}", port),
                                  grpc::InsecureChannelCredentials()))) {}

    template <typename Request, typename Reply>
    using Method = grpc::Status (optuna::StorageService::Stub::*)(grpc::ClientContext*,
                                                                  const Request&,
                                                                  Reply*);

    // The reply of a call that must succeed.
    template <typename Request, typename Reply>
    Reply ask(Method<Request, Reply> method, const Request& request) {
        Reply reply;
        const grpc::Status status = call(method, request, reply);
        INFO(status.error_message());
        REQUIRE(status.ok());
        return reply;
    }
    template <typename Request, typename Reply>
    StatusCode code(Method<Request, Reply> method, const Request& request) {
        Reply reply;
        return call(method, request, reply).error_code();
    }

    std::int64_t create_study(const std::string& name) {
        optuna::CreateNewStudyRequest request;
        request.set_study_name(name);
        request.add_directions(optuna::MINIMIZE);
        return ask(&Stub::CreateNewStudy, request).study_id();
    }
    std::int64_t create_trial(std::int64_t study) {
        optuna::CreateNewTrialRequest request;
        request.set_study_id(study);
        request.set_template_trial_is_none(true);
        return ask(&Stub::CreateNewTrial, request).trial_id();
    }
    std::int64_t enqueue(std::int64_t study) {
        optuna::CreateNewTrialRequest request;
        request.set_study_id(study);
        request.mutable_template_trial()->set_state(optuna::WAITING);
        return ask(&Stub::CreateNewTrial, request).trial_id();
    }
    optuna::Trial trial(std::int64_t id) {
        optuna::GetTrialRequest request;
        request.set_trial_id(id);
        return ask(&Stub::GetTrial, request).trial();
    }
    std::vector<optuna::Trial> trials(std::int64_t study, std::int64_t after = -1) {
        optuna::GetTrialsRequest request;
        request.set_study_id(study);
        request.set_trial_id_greater_than(after);
        const auto reply = ask(&Stub::GetTrials, request);
        return {reply.trials().begin(), reply.trials().end()};
    }

    using Stub = optuna::StorageService::Stub;

  private:
    template <typename Request, typename Reply>
    grpc::Status call(Method<Request, Reply> method, const Request& request, Reply& reply) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
        return (stub_.get()->*method)(&context, request, &reply);
    }

    std::unique_ptr<Stub> stub_;
};

using Stub = Client::Stub;

struct Fixture {
    store::samples::TemporaryFolder folder;
    std::unique_ptr<store::Store> store = store::make_sqlite_store({.path = folder / "store.db"});
    std::unique_ptr<rpc::GrpcServer> server;
    std::optional<Client> connected;

    explicit Fixture(rpc::GrpcOptions options = {})
        : server(rpc::make_grpc_server(store::optuna_store(*store), options)),
          connected(server->port()) {}

    Client& client() { return *connected; }
};

optuna::SetTrialParameterRequest param(std::int64_t trial, const char* distribution) {
    optuna::SetTrialParameterRequest request;
    request.set_trial_id(trial);
    request.set_param_name("x");
    request.set_param_value_internal(0.5);
    request.set_distribution(distribution);
    return request;
}

optuna::SetTrialStateValuesRequest state(std::int64_t trial,
                                         optuna::TrialState state,
                                         std::vector<double> values = {}) {
    optuna::SetTrialStateValuesRequest request;
    request.set_trial_id(trial);
    request.set_state(state);
    request.mutable_values()->Add(values.begin(), values.end());
    return request;
}

optuna::SetTrialUserAttributeRequest attribute(std::int64_t trial, const std::string& value) {
    optuna::SetTrialUserAttributeRequest request;
    request.set_trial_id(trial);
    request.set_key("k");
    request.set_value(value);
    return request;
}

}  // namespace

TEST_CASE("a trial is asked for and told over gRPC", "[api][optuna]") {
    Fixture at;
    const std::int64_t study = at.client().create_study("s");
    const std::int64_t id = at.client().create_trial(study);
    at.client().ask(&Stub::SetTrialParameter, param(id, kUnit));
    at.client().ask(&Stub::SetTrialUserAttribute,
                    attribute(id, "[NaN, -Infinity, 123456789012345678901234567890]"));
    optuna::SetTrialIntermediateValueRequest report;
    report.set_trial_id(id);
    report.set_step(-3);
    report.set_intermediate_value(std::numeric_limits<double>::infinity());
    at.client().ask(&Stub::SetTrialIntermediateValue, report);
    CHECK(at.client()
              .ask(&Stub::SetTrialStateValues, state(id, optuna::COMPLETE, {0.25}))
              .trial_updated());

    const optuna::Trial trial = at.client().trial(id);
    CHECK(trial.number() == 0);
    CHECK(trial.state() == optuna::COMPLETE);
    CHECK(trial.values(0) == 0.25);
    CHECK(trial.params().at("x") == 0.5);
    CHECK(trial.distributions().at("x") == kUnit);
    CHECK(trial.user_attributes().at("k") == "[NaN, -Infinity, 123456789012345678901234567890]");
    CHECK(std::isinf(trial.intermediate_values().at(-3)));
    CHECK(trial.datetime_start().size() == 26);
    CHECK(trial.datetime_complete().at(10) == ' ');
    CHECK(at.client().trials(study).size() == 1);
    CHECK(at.client().trials(study, id).empty());
}

TEST_CASE("Optuna's client gets the status that it makes its exceptions of", "[api][optuna]") {
    Fixture at;
    Client& client = at.client();
    const std::int64_t study = client.create_study("s");
    const std::int64_t id = client.create_trial(study);
    client.ask(&Stub::SetTrialParameter, param(id, kUnit));

    optuna::CreateNewStudyRequest again;
    again.set_study_name("s");
    again.add_directions(optuna::MINIMIZE);
    CHECK(client.code(&Stub::CreateNewStudy, again) == StatusCode::ALREADY_EXISTS);
    optuna::GetTrialRequest nobody;
    nobody.set_trial_id(id + 1);
    CHECK(client.code(&Stub::GetTrial, nobody) == StatusCode::NOT_FOUND);
    optuna::GetTrialsRequest nowhere;
    nowhere.set_study_id(study + 1);
    CHECK(client.code(&Stub::GetTrials, nowhere) == StatusCode::NOT_FOUND);
    CHECK(client.code(&Stub::SetTrialParameter, param(id, kLog)) == StatusCode::INVALID_ARGUMENT);
    CHECK(client.code(&Stub::SetTrialStateValues, state(id, optuna::COMPLETE, {std::nan("")})) ==
          StatusCode::INVALID_ARGUMENT);
    client.ask(&Stub::SetTrialStateValues, state(id, optuna::PRUNED));
    CHECK(client.code(&Stub::SetTrialParameter, param(id, kLog)) ==
          StatusCode::FAILED_PRECONDITION);
    CHECK(client.code(&Stub::SetTrialUserAttribute, attribute(id, "1")) ==
          StatusCode::FAILED_PRECONDITION);
}

TEST_CASE("a study of parnas' own search is read over gRPC and not written", "[api][optuna]") {
    Fixture at;
    const store::Driver driver = store::samples::drive(*at.store, "driven");
    at.store->commit({.driver = driver, .starts = {store::samples::start(0)}});
    const auto study = static_cast<std::int64_t>(driver.study);
    const auto trials = at.client().trials(study);
    REQUIRE(trials.size() == 1);
    CHECK(trials[0].params().size() == 3);
    CHECK(at.client().code(&Stub::SetTrialStateValues, state(trials[0].trial_id(), optuna::FAIL)) ==
          StatusCode::ABORTED);
}

TEST_CASE("queued trials are popped once by many clients", "[api][optuna]") {
    Fixture at;
    const std::int64_t study = at.client().create_study("s");
    std::vector<std::int64_t> queued;
    for (int i = 0; i < 12; ++i)
        queued.push_back(at.client().enqueue(study));
    std::atomic<int> pops = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i)
            threads.emplace_back([&] {
                Client client(at.server->port());
                for (const std::int64_t id : queued) {
                    const auto request = state(id, optuna::RUNNING);
                    pops += client.ask(&Stub::SetTrialStateValues, request).trial_updated();
                }
            });
    }
    CHECK(pops == 12);
}

TEST_CASE("replies and requests may be larger than gRPC's four megabytes", "[api][optuna]") {
    Fixture at;
    const std::int64_t study = at.client().create_study("s");
    optuna::CreateNewTrialRequest request;
    request.set_study_id(study);
    optuna::Trial& like = *request.mutable_template_trial();
    like.set_state(optuna::WAITING);
    for (int i = 0; i < 6; ++i)
        (*like.mutable_user_attributes())[fmt::format("k{}", i)] =
            '"' + std::string(1'000'000, 'x') + '"';
    at.client().ask(&Stub::CreateNewTrial, request);

    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);  // as Optuna's client
    const auto stub = optuna::StorageService::NewStub(
        grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", at.server->port()),
                                  grpc::InsecureChannelCredentials(),
                                  arguments));
    optuna::GetTrialsRequest all;
    all.set_study_id(study);
    optuna::GetTrialsReply reply;
    grpc::ClientContext context;
    CHECK(stub->GetTrials(&context, all, &reply).ok());
    CHECK(reply.ByteSizeLong() > 6'000'000);
}

TEST_CASE("a study without a name gets one", "[api][optuna]") {
    Fixture at;
    optuna::GetStudyNameFromIdRequest request;
    request.set_study_id(at.client().create_study(""));
    CHECK(at.client().ask(&Stub::GetStudyNameFromId, request).study_name().starts_with("no-name-"));
    request.set_study_id(at.client().create_study(""));
    at.client().ask(&Stub::GetStudyNameFromId, request);
}

TEST_CASE("an idle client's trial waits for another one", "[api][optuna]") {
    std::atomic<int> taken_back = 0;
    Fixture at({.idle = Seconds(0.3), .on_idle = [&](const store::OptunaTrial&) { ++taken_back; }});
    const std::int64_t study = at.client().create_study("s");
    const std::int64_t silent = at.client().create_trial(study);
    const std::int64_t busy = at.client().create_trial(study);
    for (int i = 0; i < 200 && taken_back == 0; ++i) {
        at.client().ask(&Stub::SetTrialUserAttribute, attribute(busy, std::to_string(i)));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    const auto trials = at.client().trials(study);
    CHECK(trials.at(0).state() == optuna::WAITING);
    CHECK(trials.at(1).state() == optuna::RUNNING);
    CHECK(at.client()
              .ask(&Stub::SetTrialStateValues, state(silent, optuna::RUNNING))
              .trial_updated());
}

TEST_CASE("times are written as the server was told, and read in both forms", "[api][optuna]") {
    Fixture at({.times = rpc::TimeForm::iso8601});
    const std::int64_t study = at.client().create_study("s");
    optuna::CreateNewTrialRequest request;
    request.set_study_id(study);
    optuna::Trial& like = *request.mutable_template_trial();
    like.set_state(optuna::FAIL);
    like.set_datetime_start("2026-11-21 00:10:43.206181");
    like.set_datetime_complete("2026-11-21T01:10:44.000001+01:00");
    const auto trial =
        at.client().trial(at.client().ask(&Stub::CreateNewTrial, request).trial_id());
    CHECK(trial.datetime_start() == "2026-11-21T00:10:43.206181+00:00");
    CHECK(trial.datetime_complete() == "2026-11-21T00:10:44.000001+00:00");
    like.set_datetime_start("yesterday, at noon");
    CHECK(at.client().code(&Stub::CreateNewTrial, request) == StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a server that stops ends what runs and takes nothing new", "[api][optuna]") {
    Fixture at;
    const std::int64_t study = at.client().create_study("s");
    at.server->stop(std::chrono::milliseconds(1000));
    optuna::GetTrialsRequest request;
    request.set_study_id(study);
    CHECK(at.client().code(&Stub::GetTrials, request) == StatusCode::UNAVAILABLE);
    CHECK(store::optuna_store(*at.store).trials(static_cast<StudyId>(study)).empty());
}

TEST_CASE("a port that is taken is refused", "[api][optuna]") {
    Fixture at;
    CHECK(store::samples::error_of([&] {
              rpc::make_grpc_server(store::optuna_store(*at.store), {.port = at.server->port()});
          }) == ErrorKind::unavailable);
}
