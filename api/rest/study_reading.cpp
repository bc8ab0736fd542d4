// SPDX-License-Identifier: Apache-2.0
#include "api/rest/study_reading.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/rest/etag.h"
#include "api/rest/study_json.h"
#include "store/annotations.h"

namespace parnas::rest {
namespace {

bool has_tag(const SeenStudy& study, const std::string& tag) {
    const auto tags = store::annotations_of_study(study.attributes).tags;
    return std::ranges::find(tags, tag) != tags.end();
}

// Those who have leases; whoever asks and tells is one of them.
std::size_t count_workers(const std::vector<store::AttemptRecord>& attempts) {
    std::set<std::string> workers;
    for (const store::AttemptRecord& attempt : attempts)
        workers.insert(attempt.worker);
    return workers.size();
}

// Whether the query's filters let the study through.
bool is_wanted(const Call& call, const SeenStudy& study) {
    const auto state = call.optional_text("state");
    const auto project = call.optional_text("project");
    const auto tag = call.optional_text("tag");
    const auto part = call.optional_text("q");
    return (!state || *state == to_string(study.record.state)) &&
           (!project || *project == project_of(study.attributes)) &&
           (!tag || has_tag(study, *tag)) &&
           (!part || study.record.spec.name.find(*part) != std::string::npos);
}

http::Response list_studies(const Call& call, const Service& service) {
    std::vector<SeenStudy> studies = studies_seen_by(call.caller(), service.store);
    std::erase_if(studies, [&](const SeenStudy& study) { return !is_wanted(call, study); });
    // Ids of equal length are in the order of their texts.
    const auto key_of = [](const SeenStudy& study) {
        return fmt::format("{:020}", static_cast<std::int64_t>(study.record.id));
    };
    const Slice<SeenStudy> page = slice(read_page(call, service.pages), studies, key_of);
    Json items = Json::array();
    for (const SeenStudy& study : page.items)
        items.push_back(summary_json(study));
    return make_page(call, service.pages, std::move(items), page.last);
}

http::Response list_projects(const Call& call, const Service& service) {
    std::map<std::string, std::size_t> counts;
    for (const SeenStudy& study : studies_seen_by(call.caller(), service.store))
        ++counts[project_of(study.attributes)];
    const std::vector<std::pair<std::string, std::size_t>> projects(counts.begin(), counts.end());
    using Project = std::pair<std::string, std::size_t>;
    const Slice<Project> page = slice(
        read_page(call, service.pages), projects, [](const Project& each) { return each.first; });
    Json items = Json::array();
    for (const auto& [name, studies] : page.items)
        items.push_back({{"name", name}, {"studies", studies}});
    return make_page(call, service.pages, std::move(items), page.last);
}

}  // namespace

http::Response answer_study(int status, const SeenStudy& study, const Service& service) {
    const StudyId id = study.record.id;
    Json json = study_json(study, service.kept.count_trials(id), service.store.front(id).size());
    json["workers"] = count_workers(service.kept.open_attempts(id));
    http::Response response = http::make_json(status, json);
    response.headers.set("ETag", make_etag(revision_of(study), response.body));
    return response;
}

void add_study_reading(Operations& operations, const Service& service) {
    operations["list_studies"] = [&service](const Call& call) {
        return list_studies(call, service);
    };
    operations["list_projects"] = [&service](const Call& call) {
        return list_projects(call, service);
    };
    operations["get_study"] = [&service](const Call& call) {
        return answer_study(200, find_study(call, service.store), service);
    };
}

}  // namespace parnas::rest
