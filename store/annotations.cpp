// SPDX-License-Identifier: Apache-2.0
#include "store/annotations.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "store/rules.h"

namespace parnas::store {
namespace {

constexpr std::int64_t kMaxTagLength = 64;
constexpr std::int64_t kNoteChunk = 2045;  // characters; as optuna-dashboard cuts its notes

// Where the annotations of a study, or of a trial by its id, are kept.
struct Place {
    std::optional<std::int64_t> trial;

    std::string note() const {
        return trial ? fmt::format("dashboard:{}:note_", *trial) : "dashboard:note_";
    }
    std::string note_version() const { return note() + "ver"; }
    std::string note_part(std::size_t index) const { return note() + fmt::format("str:{}", index); }
    // A study's tags are among what Optuna's tools show of it.
    AttributeKind tags_kind() const { return trial ? AttributeKind::system : AttributeKind::user; }
    std::string tags() const { return trial ? fmt::format("parnas:{}:tags", *trial) : "tags"; }
};

// Empty if there is none.
std::string value_of(const Attributes& attributes, const std::string& key) {
    const auto found = attributes.find(key);
    return found == attributes.end() ? std::string() : found->second;
}

const Attributes& of_kind(const StudyAttributes& attributes, AttributeKind kind) {
    return kind == AttributeKind::user ? attributes.user : attributes.system;
}

// Other programs write these attributes too: what is not of the expected form counts as absent.
Json lenient(const std::string& text) {
    return Json::parse(text, nullptr, false);
}

std::vector<std::string> note_parts(const Attributes& system, const Place& place) {
    std::vector<std::string> parts;
    for (;;) {
        const Json part = lenient(value_of(system, place.note_part(parts.size())));
        if (!part.is_string())
            return parts;
        parts.push_back(part.get<std::string>());
    }
}

std::optional<std::set<std::string>> tags_from(const std::string& text) {
    if (text.empty())
        return std::set<std::string>();
    const Json json = lenient(text);
    const bool texts = json.is_array() &&
                       std::ranges::all_of(json, [](const Json& each) { return each.is_string(); });
    return texts ? std::optional(json.get<std::set<std::string>>()) : std::nullopt;
}

Annotations annotations_at(const StudyAttributes& attributes, const Place& place) {
    Annotations found;
    if (attributes.system.contains(place.note_version()))
        for (const std::string& part : note_parts(attributes.system, place))
            found.note += part;
    const auto tags = tags_from(value_of(of_kind(attributes, place.tags_kind()), place.tags()));
    if (tags)
        found.tags.assign(tags->begin(), tags->end());
    return found;
}

// At most kNoteChunk characters each, none of them cut in two; one empty part of an empty text.
std::vector<std::string> chunks(std::string_view text) {
    std::vector<std::string> parts(1);
    std::int64_t characters = 0;
    for (const char c : text) {
        const bool begins = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
        if (begins && characters++ == kNoteChunk) {
            parts.emplace_back();
            characters = 1;
        }
        parts.back() += c;
    }
    return parts;
}

// The note's version goes up by one, and so fences its parts. Parts that are not needed any
// more are emptied, since Optuna's storages cannot remove an attribute.
void change_note(const StudyAttributes& present,
                 const Place& place,
                 std::string_view note,
                 std::vector<AttributeChange>& changes) {
    const auto set = [&](std::string key, const Json& value) -> AttributeChange& {
        changes.push_back(
            {.kind = AttributeKind::system, .key = std::move(key), .value = dump_json(value)});
        return changes.back();
    };
    const std::string before = value_of(present.system, place.note_version());
    const Json version = lenient(before);
    set(place.note_version(), version.is_number_integer() ? version.get<std::int64_t>() + 1 : 1)
        .expected = before;
    std::vector<std::string> parts = chunks(note);
    parts.resize(std::max(parts.size(), note_parts(present.system, place).size()));
    for (std::size_t i = 0; i < parts.size(); ++i)
        set(place.note_part(i), parts[i]);
}

void change_tags(const StudyAttributes& present,
                 const Place& place,
                 const AnnotationChange& change,
                 std::vector<AttributeChange>& changes) {
    const std::string before = value_of(of_kind(present, place.tags_kind()), place.tags());
    auto tags = tags_from(before);
    if (!tags)
        throw Error(
            ErrorKind::conflict,
            fmt::format("the attribute '{}' is {}, not a list of tags", place.tags(), before));
    tags->insert(change.tag.begin(), change.tag.end());
    for (const std::string& tag : change.untag)
        tags->erase(tag);
    changes.push_back({.kind = place.tags_kind(),
                       .key = place.tags(),
                       .value = dump_json(Json(*tags)),
                       .expected = before});
}

std::vector<AttributeChange> changes_for(const StudyAttributes& present,
                                         const Place& place,
                                         std::optional<TrialNumber> trial,
                                         const AnnotationChange& change) {
    std::vector<AttributeChange> changes;
    if (change.note)
        change_note(present, place, *change.note, changes);
    if (!change.tag.empty() || !change.untag.empty())
        change_tags(present, place, change, changes);
    for (const auto& [key, value] : change.user_attributes)
        changes.push_back({.trial = trial, .key = key, .value = value});
    return changes;
}

void check_tags(const std::vector<std::string>& tags) {
    Faults faults;
    for (const std::string& tag : tags)
        if (const std::int64_t length = characters(tag); length == 0 || length > kMaxTagLength)
            faults.add("tag",
                       fmt::format("must have 1 to {} characters, has {}", kMaxTagLength, length));
    faults.throw_if_any();
}

}  // namespace

Annotations annotations_of_study(const StudyAttributes& attributes) {
    return annotations_at(attributes, {});
}

Annotations annotations_of_trial(const StudyAttributes& attributes, const TrialRecord& trial) {
    return annotations_at(attributes, {.trial = trial.id});
}

void add_annotations(const Annotations& annotations,
                     std::optional<std::int64_t> trial_id,
                     StudyAttributes& attributes) {
    AnnotationChange added{.tag = annotations.tags};
    if (!annotations.note.empty())
        added.note = annotations.note;
    for (AttributeChange& change : changes_for({}, {.trial = trial_id}, std::nullopt, added)) {
        Attributes& kind = change.kind == AttributeKind::user ? attributes.user : attributes.system;
        kind[change.key] = std::move(change.value);
    }
}

void annotate(Store& store,
              StudyId id,
              std::optional<TrialNumber> trial,
              const AnnotationChange& change) {
    check_tags(change.tag);
    const Place place{.trial = trial ? std::optional(store.trial(id, *trial).id) : std::nullopt};
    for (;;) {
        const StudyAttributes present = store.attributes(id);
        try {
            store.set_attributes(id, changes_for(present, place, trial, change));
            return;
        } catch (const Error& error) {
            // Tried again only if somebody else was faster.
            if (error.kind() != ErrorKind::conflict || store.attributes(id) == present)
                throw;
        }
    }
}

}  // namespace parnas::store
