// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_space.h"

#include <algorithm>
#include <future>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/json_rpc.h"
#include "core/document.h"
#include "core/error.h"
#include "spaces/decodes_many.h"
#include "spaces/domain_reader.h"
#include "spaces/network_json.h"
#include "spaces/space_document.h"

namespace parnas::plugin {
namespace {

using spaces::Decoded;
using spaces::SearchSpace;
using DecodedOrError = std::variant<Decoded, Error>;

// Of one request: replies stay within the limits of size.
constexpr std::size_t kCandidatesAtOnce = 256;

Assignment read_values(const Json& json, const std::string& pointer, Faults& faults) {
    Assignment values;
    if (!json.is_object())
        faults.add(pointer, fmt::format("expected an object, got {}", type_name(json)));
    else
        for (const auto& [name, value] : json.items())
            if (const auto scalar = spaces::read_scalar(value, pointer_to(pointer, name), faults))
                values.emplace(name, *scalar);
    return values;
}

class PluginSpace final : public SearchSpace, public spaces::DecodesMany {
  public:
    PluginSpace(std::shared_ptr<const Plugin> plugin,
                std::unique_ptr<SearchSpace> parameters,
                const Json& arguments,
                spaces::OpSource operators)
        : plugin_(std::move(plugin)),
          parameters_(std::move(parameters)),
          operators_(std::move(operators)) {
        const Json made = parse_json(parameters_->document(), "space");
        const Json& document = made.at("document");
        if (document.contains("training"))
            for (const auto& [name, domain] : document["training"].items())
                training_.insert(name);
        if (document.contains("arguments"))
            for (const auto& [name, value] : document["arguments"].items())
                arguments_[name] = value;
        Json reference{{"name", std::string(parameters_->name())}};
        if (arguments.is_object() && !arguments.empty()) {
            reference["with"] = arguments;
            arguments_.update(arguments);
        }
        document_ = dump_json(reference);
    }

    std::string_view name() const override { return parameters_->name(); }
    std::string_view document() const override { return document_; }
    std::span<const spaces::Param> params() const override { return parameters_->params(); }
    bool feasible(const Genotype& genotype) const override {
        return parameters_->feasible(genotype);
    }

    Decoded decode(const Genotype& genotype) const override {
        DecodedOrError decoded = std::move(decode_many({&genotype, 1}).front());
        if (const auto* error = std::get_if<Error>(&decoded))
            throw *error;
        return std::get<Decoded>(std::move(decoded));
    }

    std::vector<DecodedOrError> decode_many(std::span<const Genotype> genotypes) const override {
        std::vector<DecodedOrError> all;
        all.reserve(genotypes.size());
        const auto take_batch = [&genotypes] {
            const auto batch = genotypes.first(std::min(kCandidatesAtOnce, genotypes.size()));
            genotypes = genotypes.subspan(batch.size());
            return batch;
        };
        Batch batch = ask_batch(take_batch());
        while (!genotypes.empty()) {
            // The plugin makes the next networks while those that it made are read.
            auto next = std::async(std::launch::async,
                                   [this, asked = take_batch()] { return ask_batch(asked); });
            read_batch(std::move(batch), all);
            batch = next.get();
        }
        read_batch(std::move(batch), all);
        return all;
    }

  private:
    // What is asked of the plugin, what comes beside its answer, and why nothing is asked.
    struct Question {
        Json parameters = Json::object();
        Assignment training;
        std::optional<Error> fault;
    };

    Question question(const Genotype& genotype) const {
        Question asked{.parameters = arguments_};
        try {
            for (auto& [name, value] : parameters_->decode(genotype).values)
                if (training_.contains(name))
                    asked.training.emplace(name, value);
                else
                    asked.parameters[name] = parnas::to_json(value);
        } catch (const Error& error) {
            asked.fault = error;
        }
        return asked;
    }

    struct Batch {
        std::vector<Question> questions;
        Json answers = Json::array();  // to the questions without a fault
        std::optional<Error> lost;     // there are no answers
    };

    Batch ask_batch(std::span<const Genotype> genotypes) const {
        Batch batch;
        Json candidates = Json::array();
        for (const Genotype& genotype : genotypes) {
            batch.questions.push_back(question(genotype));
            if (!batch.questions.back().fault)
                candidates.push_back(std::move(batch.questions.back().parameters));
        }
        if (candidates.empty())
            return batch;
        try {
            batch.answers = ask(std::move(candidates));
        } catch (const Error& error) {
            batch.lost = Error(ErrorKind::unavailable, error.what());
        }
        return batch;
    }

    void read_batch(Batch batch, std::vector<DecodedOrError>& all) const {
        std::size_t next = 0;
        for (Question& each : batch.questions) {
            if (each.fault || batch.lost)
                all.emplace_back(each.fault ? *each.fault : *batch.lost);
            else
                all.push_back(read(batch.answers[next++], std::move(each.training)));
        }
    }

    Json ask(Json candidates) const {
        const std::size_t count = candidates.size();
        Json answers =
            plugin_->ask("space.decode",
                         {{"space", std::string(name())}, {"candidates", std::move(candidates)}});
        if (!answers.is_array() || answers.size() != count)
            throw Error(ErrorKind::unavailable, complaint(wrong_list(answers, count)));
        return answers;
    }

    DecodedOrError read(const Json& answer, Assignment training) const {
        try {
            Faults faults;
            ObjectReader reader(answer, "", faults);
            if (const auto refusal = reader.optional_text("error"))
                return Error(ErrorKind::unavailable, complaint(*refusal));
            Decoded decoded{.values = std::move(training)};
            const Json* network = reader.find("network");
            const Json* values = reader.find("values");
            if (network == nullptr && values == nullptr)
                faults.add("", "expected `network` or `values`");
            if (values != nullptr)
                decoded.values.merge(read_values(*values, "/values", faults));
            reader.finish();
            faults.throw_if_any();
            if (network != nullptr)
                decoded.network = std::make_shared<const spaces::Network>(
                    spaces::network_from_json(*network, operators_));
            return decoded;
        } catch (const Error& error) {
            return Error(ErrorKind::unavailable,
                         complaint(fmt::format("what it decoded is refused: {}", error.what())));
        }
    }

    std::string complaint(const std::string& what) const {
        return fmt::format("plugin {}: {}: {}", plugin_->name(), name(), what);
    }

    std::shared_ptr<const Plugin> plugin_;
    std::unique_ptr<SearchSpace> parameters_;
    spaces::OpSource operators_;
    std::string document_;
    Json arguments_ = Json::object();
    std::set<std::string, std::less<>> training_;  // parameters that the plugin does not decode
};

}  // namespace

std::unique_ptr<SearchSpace> make_plugin_space(std::shared_ptr<const Plugin> plugin,
                                               const SpaceOffer& offer,
                                               const Json& arguments,
                                               const spaces::OpSource& operators) {
    auto space = spaces::make_space(
        Document::parse(offer.document,
                        fmt::format("plugin {}, {}.json", plugin->name(), offer.name)),
        arguments,
        operators);
    if (!offer.decodes)
        return space;
    return std::make_unique<PluginSpace>(std::move(plugin), std::move(space), arguments, operators);
}

}  // namespace parnas::plugin
