// SPDX-License-Identifier: Apache-2.0
// What a call of Optuna's protocol costs at the server, without Python:
//
//     optuna_calls HOST:PORT [TRIALS]
//
// One client, one connection; each trial has ten parameters, as a random search of
// GrpcStorageProxy asks for it. Prints the median and the 90 % quantile of each call, by the clock.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <grpcpp/grpcpp.h>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "api/optuna/storage.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using Stub = optuna::StorageService::Stub;

constexpr int kParams = 10;
constexpr const char* kUnit =
    R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}})";

class Caller {
  public:
    explicit Caller(const std::string& server)
        : stub_(optuna::StorageService::NewStub(
              grpc::CreateChannel(server, grpc::InsecureChannelCredentials()))) {}

    template <typename Request, typename Reply>
    Reply operator()(const char* name,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                     const Request& request) {
        Reply reply;
        grpc::ClientContext context;
        const auto begin = Clock::now();
        const grpc::Status status = (stub_.get()->*method)(&context, request, &reply);
        microseconds_[name].push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
        if (!status.ok()) {
            fmt::print(stderr, "{}: {}\n", name, status.error_message());
            std::exit(1);
        }
        return reply;
    }

    void print() {
        fmt::print("{:<22} {:>7} {:>11} {:>11}\n", "call", "count", "median, us", "90 %, us");
        for (auto& [name, times] : microseconds_) {
            std::ranges::sort(times);
            fmt::print("{:<22} {:>7} {:>11.0f} {:>11.0f}\n",
                       name,
                       times.size(),
                       times[times.size() / 2],
                       times[times.size() * 9 / 10]);
        }
    }

  private:
    std::unique_ptr<Stub> stub_;
    std::map<std::string, std::vector<double>> microseconds_;
};

class Search {
  public:
    explicit Search(Caller& call) : call_(call) {
        optuna::CreateNewStudyRequest request;
        request.add_directions(optuna::MINIMIZE);
        study_ = call_("CreateNewStudy", &Stub::CreateNewStudy, request).study_id();
    }

    void one_trial() {
        optuna::GetTrialsRequest waiting;
        waiting.set_study_id(study_);
        waiting.set_trial_id_greater_than(last_);
        call_("GetTrials", &Stub::GetTrials, waiting);
        optuna::CreateNewTrialRequest create;
        create.set_study_id(study_);
        create.set_template_trial_is_none(true);
        last_ = call_("CreateNewTrial", &Stub::CreateNewTrial, create).trial_id();
        look();
        for (int i = 0; i < kParams; ++i) {
            optuna::SetTrialParameterRequest param;
            param.set_trial_id(last_);
            param.set_param_name(fmt::format("x{}", i));
            param.set_param_value_internal(0.1 * i);
            param.set_distribution(kUnit);
            call_("SetTrialParameter", &Stub::SetTrialParameter, param);
        }
        look();
        optuna::SetTrialStateValuesRequest end;
        end.set_trial_id(last_);
        end.set_state(optuna::COMPLETE);
        end.add_values(0.5);
        call_("SetTrialStateValues", &Stub::SetTrialStateValues, end);
    }

  private:
    void look() {
        optuna::GetTrialRequest request;
        request.set_trial_id(last_);
        call_("GetTrial", &Stub::GetTrial, request);
    }

    Caller& call_;
    std::int64_t study_ = 0;
    std::int64_t last_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: optuna_calls HOST:PORT [TRIALS]\n");
        return 2;
    }
    const int trials = argc > 2 ? std::atoi(argv[2]) : 500;
    Caller call(argv[1]);
    Search search(call);
    const auto begin = Clock::now();
    for (int i = 0; i < trials; ++i)
        search.one_trial();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    call.print();
    fmt::print("{:.0f} trials/s\n", trials / seconds);
}
