// SPDX-License-Identifier: Apache-2.0
#include "api/rest/events.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/rest/study_access.h"
#include "api/rest/times.h"
#include "search/trial_json.h"

namespace parnas::rest {
namespace {

using store::StudyEvent;

constexpr std::int64_t kEventsAtOnce = 1'000;

// Which events a caller may see and wants to, read from the feed. Belongs to one thread.
class EventReader {
  public:
    // `study`: the only one; none: all that the caller may see.
    EventReader(const Call& call, const Service& service, std::optional<SeenStudy> study)
        : caller_(call.caller()), service_(service), since_(start_of(call)) {
        if (study) {
            only_ = study->record.id;
            names_[*only_] = study->record.spec.name;
        }
        const std::string kinds = call.optional_text("kinds").value_or("");
        for (std::size_t from = 0; from < kinds.size();) {
            const std::size_t end = std::min(kinds.find(',', from), kinds.size());
            kinds_.insert(kinds.substr(from, end - from));
            from = end + 1;
        }
    }

    // Up to here everything was read, wanted or not.
    std::int64_t since() const { return since_; }

    // At most `limit` that are there now.
    std::vector<Json> read(std::size_t limit) {
        std::vector<Json> wanted;
        for (;;) {
            const auto events = service_.kept.events_after(since_, kEventsAtOnce);
            if (events.empty())
                return wanted;
            for (const StudyEvent& event : events) {
                if (wanted.size() == limit)
                    return wanted;
                since_ = event.event.seq;
                if (const std::string* study = wanted_from(event))
                    wanted.push_back(to_json(event, *study));
            }
        }
    }

    // As read(), but waits for the first of them.
    std::vector<Json> wait(std::size_t limit,
                           EventFeed::Clock::time_point deadline,
                           const std::stop_token& stop) {
        for (;;) {
            std::vector<Json> wanted = read(limit);
            if (!wanted.empty() || !service_.events.wait(since_, deadline, stop))
                return wanted;
        }
    }

  private:
    // Last-Event-ID counts where a stream is asked for, since it is a stream that it is of.
    static std::int64_t start_of(const Call& call) {
        const std::string* last = call.request().headers.find("Last-Event-ID");
        if (last == nullptr || call.type() != "text/event-stream")
            return call.integer("since");
        std::int64_t seq = 0;
        std::from_chars(last->data(), last->data() + last->size(), seq);
        return seq;
    }

    // The name of the event's study; null: it is not wanted.
    const std::string* wanted_from(const StudyEvent& event) {
        if ((only_ && event.study != *only_) ||
            (!kinds_.empty() && !kinds_.contains(event.event.kind)))
            return nullptr;
        const auto known = names_.find(event.study);
        const std::optional<std::string>& name =
            known != names_.end() ? known->second
                                  : names_.emplace(event.study, name_of(event.study)).first->second;
        return name ? &*name : nullptr;
    }

    // Nothing: the caller may not see it, or it is gone.
    std::optional<std::string> name_of(StudyId id) const {
        try {
            return find_study(caller_, service_.store, service_.store.study(id).spec.name)
                .record.spec.name;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::not_found)
                throw;
            return std::nullopt;
        }
    }

    static Json to_json(const StudyEvent& event_of_study, const std::string& study) {
        const store::Event& event = event_of_study.event;
        return {{"seq", event.seq},
                {"time", to_rfc3339(event.time)},
                {"study", study},
                {"kind", event.kind},
                {"body", search::attribute_json(event.body)}};
    }

    Caller caller_;
    const Service& service_;
    std::int64_t since_;
    std::optional<StudyId> only_;
    std::set<std::string, std::less<>> kinds_;  // empty: all
    std::map<StudyId, std::optional<std::string>> names_;
};

// The same events as a stream.
class FeedSource : public http::EventSource {
  public:
    explicit FeedSource(EventReader reader) : reader_(std::move(reader)) {}

    std::optional<std::vector<http::Event>> next(http::Clock::time_point deadline,
                                                 const std::stop_token& stop) override {
        std::vector<http::Event> events;
        for (const Json& json : reader_.wait(kEventsAtOnce, deadline, stop))
            events.push_back({.id = std::to_string(json["seq"].get<std::int64_t>()),
                              .type = json["kind"].get<std::string>(),
                              .data = dump_json(json)});
        return events;
    }

  private:
    EventReader reader_;
};

// Whose streams are counted together: without tokens, those of an address.
std::string principal_of(const Call& call) {
    const std::string& token = call.caller().token;
    return token.empty() ? call.request().remote_address : token;
}

http::Response answer_events(const Call& call,
                             const Service& service,
                             std::optional<SeenStudy> study) {
    EventReader reader(call, service, std::move(study));
    if (call.type() == "text/event-stream") {
        http::Response response;
        response.events =
            http::EventStream{.source = std::make_unique<FeedSource>(std::move(reader)),
                              .principal = principal_of(call)};
        return response;
    }
    const auto deadline = EventFeed::Clock::now() + std::chrono::seconds(call.integer("wait"));
    Json events = Json::array();
    for (Json& event : reader.wait(
             static_cast<std::size_t>(call.integer("limit")), deadline, call.request().stop))
        events.push_back(std::move(event));
    return http::make_json(200, {{"events", std::move(events)}, {"next", reader.since()}});
}

}  // namespace

void add_events(Operations& operations, const Service& service) {
    operations["get_events"] = [&service](const Call& call) {
        return answer_events(call, service, std::nullopt);
    };
    operations["get_study_events"] = [&service](const Call& call) {
        return answer_events(call, service, find_study(call, service.store));
    };
}

}  // namespace parnas::rest
