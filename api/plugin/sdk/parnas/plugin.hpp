// SPDX-License-Identifier: Apache-2.0
// Parts of parnas in C++: derive from one of the bases below, then
//
//     PARNAS_PLUGIN(MySpace, MyEvaluator)
//
// in one source file of a shared library (docs/adding-parts/). Needs nlohmann-json. What a part
// throws becomes an error with its text.
#pragma once

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "plugin.h"

namespace parnas::plugin {

// Keeps the order of keys, which is the order of parameters in a space document.
using Json = nlohmann::ordered_json;

// A space of which everything is said by its document (docs/space-documents.md).
class Document {
  public:
    virtual ~Document() = default;
    virtual Json document() = 0;
};

// A space whose networks are made here: its document has parameters and no body.
class Space : public Document {
  public:
    // The active parameters by name -> a network (docs/network.md), or an object of values by
    // name, for a space without networks.
    virtual Json decode(const Json& parameters) = 0;
};

// Named blocks for space documents: {NAME: {arguments: {...}, body: [...]}}, each written as
// `use: {block: NAME, with: {...}}`.
class Blocks {
  public:
    virtual ~Blocks() = default;
    virtual Json define() = 0;
};

// How good a candidate is.
class Evaluator {
  public:
    virtual ~Evaluator() = default;
    virtual std::string name() = 0;  // "my_score@1": another version where results differ
    virtual std::vector<std::string> metrics() = 0;
    // {trial, stage, fidelity, seed, threads, parameters, network, options} -> metrics by name,
    // or {failure: {kind, reason}}.
    virtual Json evaluate(const Json& trial) = 0;
};

// An evaluator that tells how far it is, so that its trials can be pruned.
class Trainer : public Evaluator {
  public:
    // True if the trial is to end now. Steps grow from 0 on.
    using Report = std::function<bool(std::int64_t step, const Json& metrics)>;
    // As evaluate(), on a thread of its own, which stands still at a report while parnas judges
    // it; meanwhile another trial may begin. One that was told to end may return {}: what it
    // reported last counts.
    virtual Json train(const Json& trial, const Report& report) = 0;
    Json evaluate(const Json& trial) final {
        return train(trial, [](std::int64_t, const Json&) { return false; });
    }
};

// Where to look next; one object for each study.
class Sampler {
  public:
    virtual ~Sampler() = default;
    // {params: [...], objectives, seed, options}, once, before all else.
    virtual void open(const Json& setup) = 0;
    // {trial, state, parameters, objectives, violation, fidelity, metrics}, in order.
    virtual void tell(const Json& trial) = 0;
    // One proposal: a value for each parameter. Equal calls must give equal proposals: draw
    // from `rng` alone.
    virtual Json ask(const Json& context, std::mt19937_64& rng) = 0;
};

// What a network costs on hardware.
class Target {
  public:
    virtual ~Target() = default;
    // {name: "my-board@1", hardware, runtime, threads, dtype, batch, layout}
    virtual Json describe() = 0;
    // A network (docs/network.md) -> {latency_ms, ...}.
    virtual Json estimate(const Json& network, const Json& options) = 0;
};

// Sizes without the batch; one that is not known is negative, and may be handed on.
using Shape = std::vector<std::int64_t>;

// A layer with arithmetic of its own, for documents and networks. What computes it in LibTorch is
// a TorchOperator (torch_operator.hpp).
class Operator {
  public:
    virtual ~Operator() = default;
    // {name: "my_layer@1", about, least_inputs, most_inputs, attributes: [{name, type, ...}],
    // example: {attributes, inputs}}
    virtual Json describe() = 0;
    // Of the output. What is thrown says that the layer does not take these inputs.
    virtual Shape shape(const Json& attributes, const std::vector<Shape>& inputs) = 0;
    // For one sample: {multiply_adds, parameters, values_read, values_written}; the last two are
    // each input and the output once if they are left out.
    virtual Json count(const Json& attributes, const std::vector<Shape>& inputs) = 0;
};

// One value of a parameter as a sampler is told it, uniform in its domain.
inline Json draw(const Json& param, std::mt19937_64& rng) {
    const double u = static_cast<double>(rng() >> 11U) * 0x1p-53;  // in [0, 1)
    if (param.contains("one_of"))
        return param["one_of"]
                    [static_cast<std::size_t>(u * static_cast<double>(param["one_of"].size()))];
    const bool log = param.value("log", false);
    const Json& range = param.contains("integer") ? param["integer"] : param["real"];
    const double low = range[0];
    const double high = range[1];
    if (!param.contains("integer")) {
        if (param.contains("step")) {
            const double step = param["step"];
            return low + step * std::floor(u * (std::floor((high - low) / step + 1e-9) + 1.0));
        }
        return log ? low * std::pow(high / low, u) : low + u * (high - low);
    }
    const std::int64_t first = range[0];
    const std::int64_t last = range[1];
    const std::int64_t step = param.value("step", std::int64_t{1});
    if (log)
        return std::min(last, static_cast<std::int64_t>(low * std::pow((high + 1.0) / low, u)));
    return first +
           step * static_cast<std::int64_t>(u * static_cast<double>((last - first) / step + 1));
}

// Builds a network layer by layer: Network({1, 8, 8}).add("conv", {{"out", 16}}).json().
class Network {
  public:
    explicit Network(Json shape, const std::string& name = "image") : last_(name) {
        inputs_.push_back({{"name", name}, {"shape", std::move(shape)}});
    }

    // A node that reads `inputs`, by name, or what was added last.
    Network& add(const std::string& op,
                 const Json& attributes = Json::object(),
                 std::vector<std::string> inputs = {}) {
        if (inputs.empty())
            inputs.push_back(last_);
        last_ = op + std::to_string(nodes_.size());
        Json node = {{"name", last_}, {"op", op}, {"inputs", std::move(inputs)}};
        node.update(attributes);
        nodes_.push_back(std::move(node));
        return *this;
    }

    // The name of what was added last.
    const std::string& last() const { return last_; }

    Json json() const {
        return {{"inputs", inputs_}, {"nodes", nodes_}, {"outputs", Json::array({last_})}};
    }

  private:
    Json inputs_ = Json::array();
    Json nodes_ = Json::array();
    std::string last_;
};

// One trial of a Trainer, step by step.
class Training {
  public:
    Training(Trainer& trainer, Json trial)
        : thread_([this, &trainer, trial = std::move(trial)] { run(trainer, trial); }) {}
    // Leaves a trial that stands at a report.
    ~Training() {
        {
            const std::lock_guard lock(mutex_);
            is_left_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Training(const Training&) = delete;
    Training& operator=(const Training&) = delete;

    // Its next report, or its result.
    Json next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !message_.is_null(); });
        return std::exchange(message_, nullptr);
    }
    // After a report.
    void go_on(bool stop) {
        const std::lock_guard lock(mutex_);
        stop_ = stop;
        goes_on_ = true;
        changed_.notify_all();
    }

  private:
    struct Left {};  // thrown out of a trial that nobody waits for

    void run(Trainer& trainer, const Json& trial) {
        Json result;
        try {
            result = trainer.train(trial, [this](std::int64_t step, const Json& metrics) {
                return report(step, metrics);
            });
            if (result.is_null())
                result = Json::object();
            if (!result.contains("failure"))
                result = {{"metrics", std::move(result)}};
        } catch (const Left&) {
            return;
        } catch (const std::exception& error) {
            result = {{"error", error.what()}};
        }
        const std::lock_guard lock(mutex_);
        message_ = std::move(result);
        changed_.notify_all();
    }

    bool report(std::int64_t step, const Json& metrics) {
        std::unique_lock lock(mutex_);
        if (stop_)  // said already, and parnas waits for the result alone
            return true;
        message_ = {{"step", step}, {"metrics", metrics}};
        changed_.notify_all();
        changed_.wait(lock, [this] { return goes_on_ || is_left_; });
        if (is_left_)
            throw Left();
        goes_on_ = false;
        return stop_;
    }

    std::mutex mutex_;  // guards all below but the thread
    std::condition_variable changed_;
    Json message_;  // to be taken by next(); null: none yet
    bool stop_ = false;
    bool goes_on_ = false;
    bool is_left_ = false;
    std::thread thread_;
};

// The parts of one plugin, and who answers which request.
class Host {
  public:
    template <typename Part>
    void add() {
        if constexpr (std::is_base_of_v<Sampler, Part>) {
            samplers_[Part::kName] = [] { return std::make_unique<Part>(); };
        } else {
            auto part = std::make_unique<Part>();
            if constexpr (std::is_base_of_v<Document, Part>)
                spaces_[part->document().at("name")] = std::move(part);
            else if constexpr (std::is_base_of_v<Evaluator, Part>)
                evaluators_[part->name()] = std::move(part);
            else if constexpr (std::is_base_of_v<Target, Part>)
                targets_[part->describe().at("name")] = std::move(part);
            else if constexpr (std::is_base_of_v<Operator, Part>)
                operators_[part->describe().at("name")] = std::move(part);
            else
                blocks_.push_back(std::move(part));
        }
    }

    std::string answer(std::string_view text) {
        static const Json& kNone = *new Json(Json::object());  // as the parts, never destroyed
        Json id;
        try {
            const Json request = Json::parse(text);
            id = request.at("id");
            const std::string method = request.at("method");
            const auto params = request.find("params");
            return reply(id, "result", result(method, params == request.end() ? kNone : *params));
        } catch (const Refusal& refusal) {
            return reply(id, "error", {{"code", refusal.code}, {"message", refusal.what()}});
        } catch (const std::exception& error) {
            return reply(id, "error", {{"code", -32603}, {"message", error.what()}});
        }
    }

  private:
    using Trainings = std::map<std::string, std::unique_ptr<Training>>;
    struct Refusal : std::runtime_error {
        Refusal(int number, const std::string& what) : std::runtime_error(what), code(number) {}
        int code;
    };

    static std::string reply(const Json& id, const char* key, const Json& value) {
        return R"({"jsonrpc":"2.0","id":)" + id.dump() + ",\"" + key +
               "\":" + value.dump(-1, ' ', false, Json::error_handler_t::replace) + '}';
    }

    Json result(const std::string& method, const Json& params) {
        if (method == "describe")
            return describe();
        if (method == "space.decode")
            return decode(params);
        if (method == "evaluator.evaluate")
            return evaluate(params);
        if (method == "evaluator.resume")
            return resume(params);
        if (method == "target.estimate")
            return estimate(params);
        if (method == "operator.shape")
            return {{"shape", ask_operator(&Operator::shape, params)}};
        if (method == "operator.count")
            return ask_operator(&Operator::count, params);
        if (method == "sampler.open")
            return open(params);
        if (method == "sampler.tell")
            return tell(params);
        if (method == "sampler.ask")
            return ask(params);
        if (method == "sampler.close")
            return sessions_.erase(params.at("session").get<std::string>()) == 1;
        throw Refusal(-32601, "there is no method " + method);
    }

    Json describe() {
        Json all = {{"protocol", 1},
                    {"spaces", Json::array()},
                    {"evaluators", Json::array()},
                    {"samplers", Json::array()},
                    {"targets", Json::array()},
                    {"operators", Json::array()},
                    {"blocks", Json::object()}};
        for (const auto& [name, space] : spaces_)
            all["spaces"].push_back({{"document", space->document()},
                                     {"decodes", dynamic_cast<Space*>(space.get()) != nullptr}});
        for (const auto& [name, each] : evaluators_)
            all["evaluators"].push_back({{"name", name}, {"metrics", each->metrics()}});
        for (const auto& [name, make] : samplers_)
            all["samplers"].push_back({{"name", name}});
        for (const auto& [name, target] : targets_)
            all["targets"].push_back(target->describe());
        for (const auto& [name, each] : operators_)
            all["operators"].push_back(each->describe());
        for (const auto& each : blocks_)
            all["blocks"].update(each->define());
        return all;
    }

    template <typename Parts>
    static auto& find(Parts& parts, const Json& name) {
        const auto found = parts.find(name.get<std::string>());
        if (found == parts.end())
            throw Refusal(-32602, "there is no part " + name.get<std::string>());
        return found->second;
    }

    // What `answer_one` makes of each entry; what it throws is that entry's error.
    template <typename AnswerOne>
    static Json each(const Json& entries, AnswerOne answer_one) {
        Json answers = Json::array();
        for (const Json& entry : entries) {
            try {
                answers.push_back(answer_one(entry));
            } catch (const std::exception& error) {
                answers.push_back({{"error", error.what()}});
            }
        }
        return answers;
    }

    Json decode(const Json& params) {
        auto* space = dynamic_cast<Space*>(find(spaces_, params.at("space")).get());
        if (space == nullptr)
            throw Refusal(-32602, "this space says everything in its document");
        return each(params.at("candidates"), [&](const Json& parameters) {
            Json made = space->decode(parameters);
            const bool network = made.contains("nodes");
            return Json{{network ? "network" : "values", std::move(made)}};
        });
    }

    Json evaluate(const Json& params) {
        Evaluator& evaluator = *find(evaluators_, params.at("evaluator"));
        auto* trainer = dynamic_cast<Trainer*>(&evaluator);
        return each(params.at("trials"), [&](const Json& trial) {
            if (trainer != nullptr && trial.contains("session"))
                return begin(*trainer, trial);
            Json found = evaluator.evaluate(trial);
            return found.contains("failure") ? found : Json{{"metrics", std::move(found)}};
        });
    }

    Json begin(Trainer& trainer, const Json& trial) {
        const std::string session = trial.at("session");
        trainings_.erase(session);  // a trial that was given up
        return heard(trainings_.emplace(session, std::make_unique<Training>(trainer, trial)).first);
    }

    Json resume(const Json& params) {
        return each(params.at("trials"), [&](const Json& trial) {
            const auto training = trainings_.find(trial.at("session").get<std::string>());
            if (training == trainings_.end())
                throw std::runtime_error("there is no such session");
            training->second->go_on(trial.at("stop"));
            return heard(training);
        });
    }

    // The next report of a trial, or its result, after which it is over.
    Json heard(Trainings::iterator training) {
        Json message = training->second->next();
        if (!message.contains("step"))
            trainings_.erase(training);
        return message;
    }

    Json estimate(const Json& params) {
        Target& target = *find(targets_, params.at("target"));
        return each(params.at("networks"), [&](const Json& network) {
            return target.estimate(network, params.at("options"));
        });
    }

    template <typename Answer>
    Answer ask_operator(Answer (Operator::*question)(const Json&, const std::vector<Shape>&),
                        const Json& params) {
        Operator& part = *find(operators_, params.at("operator"));
        return (part.*question)(params.at("attributes"),
                                params.at("inputs").get<std::vector<Shape>>());
    }

    Json open(const Json& params) {
        auto sampler = find(samplers_, params.at("sampler"))();
        sampler->open(params.at("setup"));
        sessions_[params.at("session").get<std::string>()] = std::move(sampler);
        return true;
    }

    Sampler& session(const Json& params) {
        const auto found = sessions_.find(params.at("session").get<std::string>());
        if (found == sessions_.end())
            throw Refusal(-32001, "there is no such session");
        return *found->second;
    }

    Json tell(const Json& params) {
        for (const Json& trial : params.at("trials"))
            session(params).tell(trial);
        return true;
    }

    Json ask(const Json& params) {
        std::mt19937_64 rng(params.at("context").at("seed").get<std::uint64_t>());
        Json proposals = Json::array();
        for (int i = 0; i < params.at("count").get<int>(); ++i) {
            Json proposal = session(params).ask(params.at("context"), rng);
            if (proposal.is_null())
                break;
            proposals.push_back({{"parameters", std::move(proposal)}});
        }
        return proposals;
    }

    std::map<std::string, std::unique_ptr<Document>> spaces_;
    std::map<std::string, std::unique_ptr<Evaluator>> evaluators_;
    std::map<std::string, std::function<std::unique_ptr<Sampler>()>> samplers_;
    std::map<std::string, std::unique_ptr<Target>> targets_;
    std::map<std::string, std::unique_ptr<Operator>> operators_;
    std::vector<std::unique_ptr<Blocks>> blocks_;
    std::map<std::string, std::unique_ptr<Sampler>> sessions_;
    Trainings trainings_;  // that stand at a report, by session
};

// What the library's functions are made of. Made at the first call, so that what a part throws
// then is an answer too.
template <typename... Parts>
class Library {
  public:
    const char* call(std::string_view request, std::size_t* length) noexcept {
        try {
            if (!host_) {
                auto host = std::make_unique<Host>();
                (host->add<Parts>(), ...);
                host_ = std::move(host);
            }
            reply_ = host_->answer(request);
        } catch (const std::exception& error) {
            const Json reply = {{"jsonrpc", "2.0"},
                                {"id", nullptr},
                                {"error", {{"code", -32603}, {"message", error.what()}}}};
            reply_ = reply.dump(-1, ' ', false, Json::error_handler_t::replace);
        }
        *length = reply_.size();
        return reply_.c_str();
    }

  private:
    std::unique_ptr<Host> host_;
    std::string reply_;
};

// The same as a process, which may crash without taking parnas along:
// int main() { return parnas::plugin::serve<MySpace>(); }
template <typename... Parts>
int serve() {
    std::ios::sync_with_stdio(false);  // else it reads letter by letter
    Library<Parts...> library;
    for (std::string line; std::getline(std::cin, line);) {
        std::size_t length = 0;
        const char* reply = library.call(line, &length);
        std::cout.write(reply, static_cast<std::streamsize>(length)).put('\n').flush();
    }
    return 0;
}

}  // namespace parnas::plugin

// Defines the shared library's functions for the parts that it offers.
#define PARNAS_PLUGIN(...)                                                                     \
    uint32_t parnas_plugin_abi(void) {                                                         \
        return PARNAS_PLUGIN_ABI;                                                              \
    }                                                                                          \
    const char* parnas_plugin_call(const char* request, size_t length, size_t* reply_length) { \
        /* Never destroyed: a call may still run when the program ends. */                     \
        static auto& library = *new parnas::plugin::Library<__VA_ARGS__>;                      \
        return library.call({request, length}, reply_length);                                  \
    }
