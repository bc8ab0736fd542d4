// SPDX-License-Identifier: Apache-2.0
#include "cli/remote_store.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/reply.h"
#include "api/client/service_client.h"
#include "cli/remote_records.h"
#include "cli/servers.h"
#include "core/mutex.h"
#include "search/reestimates.h"

namespace parnas::cli {
namespace {

using store::Batch;
using store::Driver;
using store::Event;
using store::FrontChange;
using store::StudyAttributes;
using store::StudyRecord;
using store::TrialRecord;

constexpr std::size_t kEventsAtOnce = 1000;

// Of one study, what was asked for so far.
struct Known {
    StudyRecord record;
    StudyAttributes attributes;
    std::optional<std::vector<TrialRecord>> trials;
    std::optional<std::vector<Event>> events;
    std::optional<std::vector<FrontChange>> front;
};

[[noreturn]] void refuse() {
    throw Error(ErrorKind::internal, "a server's store is not written to");
}

class RemoteStore : public store::Store {
  public:
    explicit RemoteStore(client::HttpClientOptions server)
        : http_(std::move(server)), client_(http_) {}

    std::vector<StudyRecord> studies() const override {
        const MutexLock lock(mutex_);
        std::vector<std::string> names;
        client_.list("/v1/studies", patience_, [&](const Json& item) {
            names.push_back(client::read_reply(
                item, "/v1/studies", [](ObjectReader& reader) { return reader.text("name"); }));
        });
        std::vector<StudyRecord> studies;
        for (const std::string& name : names)
            studies.push_back(ask(name).record);
        return studies;
    }

    StudyRecord study(StudyId id) const override {
        const MutexLock lock(mutex_);
        return known(id).record;
    }

    StudyRecord find_study(std::string_view name) const override {
        const MutexLock lock(mutex_);
        return ask(std::string(name)).record;
    }

    std::optional<store::Holder> holder(StudyId id) const override {
        const MutexLock lock(mutex_);
        if (known(id).record.state != store::StudyState::running)
            return std::nullopt;
        return store::Holder{.host = client_.url()};
    }

    StudyAttributes attributes(StudyId id) const override {
        const MutexLock lock(mutex_);
        trials_of(known(id));  // their annotations are among the study's attributes
        return known(id).attributes;
    }

    std::vector<TrialRecord> trials(StudyId id,
                                    TrialNumber first,
                                    std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        const std::vector<TrialRecord>& all = trials_of(known(id));
        const auto begin = std::ranges::lower_bound(all, first, {}, &TrialRecord::number);
        return {begin, begin + std::min<std::int64_t>(limit, all.end() - begin)};
    }

    TrialRecord trial(StudyId id, TrialNumber number) const override {
        const MutexLock lock(mutex_);
        const Known& study = known(id);
        const std::string path = fmt::format("{}/{}", path_of(study, "trials"), number);
        return read_remote_trial(client_.get(path, patience_), study.record.spec, path).record;
    }

    std::vector<store::PhaseRecord> phases(StudyId) const override { return {}; }

    std::vector<FrontChange> front_history(StudyId id) const override {
        const MutexLock lock(mutex_);
        return front_of(known(id));
    }

    std::vector<TrialNumber> front(StudyId id) const override {
        const MutexLock lock(mutex_);
        const std::vector<FrontChange>& history = front_of(known(id));
        return history.empty() ? std::vector<TrialNumber>() : history.back().members;
    }

    std::vector<Event> events(StudyId id, std::int64_t after_seq) const override {
        const MutexLock lock(mutex_);
        std::vector<Event> events = events_of(known(id));
        std::erase_if(events, [&](const Event& event) { return event.seq <= after_seq; });
        return events;
    }

    std::string artifact(const ArtifactId& id) const override {
        const MutexLock lock(mutex_);
        std::string bytes = client_.artifact(to_string(id), patience_);
        if (hash_bytes(bytes) != id)
            throw client::garbled("/v1/artifacts/" + to_string(id), "these are other bytes");
        return bytes;
    }

    std::optional<TrialRecord> find_result(const Digest&) const override { return std::nullopt; }

    StudyId create_study(const store::StudySpec&, const Batch&) override { refuse(); }
    void adopt_study(StudyId, const store::StudySpec&) override { refuse(); }
    Driver acquire_study(StudyId, const store::Holder&, Seconds) override { refuse(); }
    void renew(const Driver&) override { refuse(); }
    void release(const Driver&) override { refuse(); }
    void commit(const Batch&) override { refuse(); }
    void set_attributes(StudyId, std::span<const store::AttributeChange>) override { refuse(); }

  private:
    static std::string path_of(const Known& study, const std::string& part) {
        return fmt::format(
            "/v1/studies/{}/{}", client::percent_encoded(study.record.spec.name), part);
    }

    Known& ask(const std::string& name) const PARNAS_REQUIRES(mutex_) {
        const std::string path = "/v1/studies/" + client::percent_encoded(name);
        const RemoteStudy study = read_remote_study(client_.get(path, patience_), path);
        Known known{.record = study.record};
        store::add_annotations(study.annotations, std::nullopt, known.attributes);
        return known_.try_emplace(study.record.id, std::move(known)).first->second;
    }

    // Ids come from here: whoever has one has asked for the study.
    Known& known(StudyId id) const PARNAS_REQUIRES(mutex_) {
        const auto found = known_.find(id);
        check(found != known_.end(), "the id of a study that was not asked for");
        return found->second;
    }

    std::vector<TrialRecord>& trials_of(Known& study) const PARNAS_REQUIRES(mutex_) {
        if (study.trials)
            return *study.trials;
        const std::string path = path_of(study, "trials");
        study.trials.emplace();
        client_.list(path + "?detail=whole", patience_, [&](const Json& item) {
            RemoteTrial trial = read_remote_trial(item, study.record.spec, path);
            store::add_annotations(trial.annotations, trial.record.id, study.attributes);
            study.trials->push_back(std::move(trial.record));
        });
        return *study.trials;
    }

    std::vector<Event>& events_of(Known& study) const PARNAS_REQUIRES(mutex_) {
        if (study.events)
            return *study.events;
        study.events.emplace();
        const std::string path = path_of(study, "events");
        for (std::int64_t since = 0;;) {
            const Json page = client_.get(
                fmt::format("{}?since={}&limit={}", path, since, kEventsAtOnce), patience_);
            const std::size_t before = study.events->size();
            since = client::read_reply(page, path, [&](ObjectReader& reader) {
                const Json* events = reader.need("events");
                if (events != nullptr && !events->is_array())
                    reader.fault("events", "expected an array");
                else if (events != nullptr)
                    for (const Json& event : *events)
                        study.events->push_back(read_remote_event(event, path).event);
                return reader.integer("next", {.low = 0});
            });
            if (study.events->size() - before < kEventsAtOnce)
                return *study.events;
        }
    }

    // The members of each version are in its event.
    std::vector<FrontChange>& front_of(Known& study) const PARNAS_REQUIRES(mutex_);
    void add_history(Known& study) const PARNAS_REQUIRES(mutex_);

    mutable Mutex mutex_;
    mutable client::HttpClient http_;
    mutable client::ServiceClient client_;
    client::Patience patience_ = short_patience();
    mutable std::map<StudyId, Known> known_ PARNAS_GUARDED_BY(mutex_);
};

std::vector<FrontChange>& RemoteStore::front_of(Known& study) const {
    if (study.front)
        return *study.front;
    study.front.emplace();
    for (const Event& event : events_of(study)) {
        if (event.kind != search::kFrontChanged)
            continue;
        const Json body = parse_json(event.body, event.kind);
        FrontChange change{.version = std::ssize(*study.front) + 1, .time = event.time};
        if (const auto members = body.find("front"); members != body.end())
            for (const Json& member : *members)
                if (member.is_number_integer())
                    change.members.push_back(member.get<TrialNumber>());
        study.front->push_back(std::move(change));
    }
    add_history(study);
    return *study.front;
}

// When a version was there and its hypervolume, of at most 10,000 versions.
void RemoteStore::add_history(Known& study) const {
    const std::string path = path_of(study, "front/history");
    const Json json = client_.get(path + "?max_points=10000", patience_);
    for (const char* column : {"version", "time", "hypervolume"})
        if (!json.contains(column) || !json[column].is_array() ||
            json[column].size() != json["version"].size())
            throw client::garbled(path, "expected columns of equal length");
    for (std::size_t i = 0; i < json["version"].size(); ++i) {
        if (!json["version"][i].is_number_integer() || !json["time"][i].is_string())
            throw client::garbled(path, "expected integers and times");
        const auto version = json["version"][i].get<std::int64_t>();
        if (version < 1 || version > std::ssize(*study.front))
            continue;
        FrontChange& change = (*study.front)[static_cast<std::size_t>(version) - 1];
        change.time = time_from_rfc3339(json["time"][i].get<std::string>());
        if (json["hypervolume"][i].is_number())
            change.hypervolume = json["hypervolume"][i].get<double>();
    }
}

}  // namespace

std::unique_ptr<store::Store> make_remote_store(client::HttpClientOptions server) {
    return std::make_unique<RemoteStore>(std::move(server));
}

}  // namespace parnas::cli
