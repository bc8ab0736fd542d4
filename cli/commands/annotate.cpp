// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/stores.h"
#include "cli/study_summary.h"
#include "search/trial_json.h"
#include "store/annotations.h"

namespace parnas::cli {
namespace {

// As they were read: a study's or a trial's.
struct Written {
    std::string study;
    std::optional<TrialNumber> trial;
    store::Annotations annotations;
    store::Attributes user_attributes;
};

store::Attributes attributes_to_set(const std::vector<std::string>& texts) {
    store::Attributes attributes;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected KEY=JSON, got '{}'", text),
                        "--set");
        attributes[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return attributes;
}

Written read(const store::Store& store,
             const store::StudyRecord& study,
             const std::optional<TrialNumber>& trial) {
    store::StudyAttributes attributes = store.attributes(study.id);
    if (!trial) {
        store::Annotations annotations = store::annotations_of_study(attributes);
        attributes.user.erase("tags");  // shown as such
        return {.study = study.spec.name,
                .annotations = std::move(annotations),
                .user_attributes = std::move(attributes.user)};
    }
    const store::TrialRecord record = store.trial(study.id, *trial);
    return {.study = study.spec.name,
            .trial = trial,
            .annotations = store::annotations_of_trial(attributes, record),
            .user_attributes = record.user_attributes};
}

Json to_json(const Written& written) {
    Json attributes = Json::object();
    for (const auto& [key, text] : written.user_attributes)
        attributes[key] = search::attribute_json(text);
    Json json = {{"study", written.study}};
    if (written.trial)
        json["trial"] = *written.trial;
    json["note"] = written.annotations.note;
    json["tags"] = written.annotations.tags;
    json["attributes"] = std::move(attributes);
    return json;
}

Table to_table(const Written& written) {
    Table table{.columns = {{"study", "study"}}, .rows = {{written.study}}};
    const auto add = [&](const std::string& key, Scalar value) {
        table.columns.push_back({key, key});
        table.rows.front().push_back(std::move(value));
    };
    if (written.trial)
        add("trial", *written.trial);
    add("tags", text_or_nothing(tags_text(written.annotations.tags)));
    add("note", text_or_nothing(written.annotations.note));
    for (const auto& [key, text] : written.user_attributes)
        add(key, text);
    return table;
}

}  // namespace

int run(const AnnotateOptions& options, const GlobalOptions& global, Console& console) {
    const store::AnnotationChange change{.note = options.note,
                                         .tag = options.tag,
                                         .untag = options.untag,
                                         .user_attributes = attributes_to_set(options.set)};
    const bool changes = change.note || !change.tag.empty() || !change.untag.empty() ||
                         !change.user_attributes.empty();
    const auto store = changes ? open_to_write(global) : open_to_read(global);
    const store::StudyRecord study = find_study(*store, options.study);
    if (changes)
        store::annotate(*store, study.id, options.trial, change);
    const Written written = read(*store, study, options.trial);
    if (console.output == OutputFormat::json)
        print(console, to_json(written));
    else
        print_record(console, to_table(written));
    return 0;
}

}  // namespace parnas::cli
