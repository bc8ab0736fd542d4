// SPDX-License-Identifier: Apache-2.0
#include "core/document.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parnas {

// The lines of a value and of what it holds, in the order of the JSON value.
struct DocumentLines {
    int line = 0;
    std::vector<DocumentLines> children;
};

namespace {

constexpr std::size_t kMaxBytes = 8 << 20;
constexpr std::size_t kMaxValues = 100'000;
constexpr std::size_t kMaxNesting = 64;

// The digits of a core schema integer and their base, or nothing.
std::optional<std::pair<std::string_view, int>> integer_digits(std::string_view text) {
    const auto all = [](std::string_view digits, std::string_view allowed) {
        return !digits.empty() && digits.find_first_not_of(allowed) == std::string_view::npos;
    };
    if (text.starts_with("0x") && all(text.substr(2), "0123456789abcdefABCDEF"))
        return std::pair(text.substr(2), 16);
    if (text.starts_with("0o") && all(text.substr(2), "01234567"))
        return std::pair(text.substr(2), 8);
    const std::string_view unsigned_text =
        text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
    if (all(unsigned_text, "0123456789"))
        return std::pair(text.starts_with('+') ? unsigned_text : text, 10);
    return std::nullopt;
}

// A core schema real: [-+]? (\.[0-9]+ | [0-9]+(\.[0-9]*)?) ([eE][-+]?[0-9]+)?
bool is_real(std::string_view text) {
    const auto skip_digits = [&text] {
        const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(count);
        return count;
    };
    const auto skip_one_of = [&text](std::string_view chars) {
        const bool found = !text.empty() && chars.find(text.front()) != std::string_view::npos;
        text.remove_prefix(found ? 1 : 0);
        return found;
    };
    skip_one_of("+-");
    std::size_t digits = skip_digits();
    if (skip_one_of("."))
        digits += skip_digits();
    if (digits == 0)
        return false;
    if (!skip_one_of("eE"))
        return text.empty();
    skip_one_of("+-");
    return skip_digits() > 0 && text.empty();
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

// What a plain scalar stands for. Throws std::out_of_range for a number that does not fit.
Json resolve(std::string_view text) {
    if (is_one_of(text, {"true", "True", "TRUE"}))
        return true;
    if (is_one_of(text, {"false", "False", "FALSE"}))
        return false;
    if (is_one_of(text, {".nan", ".NaN", ".NAN"}))
        return std::numeric_limits<double>::quiet_NaN();
    const std::string_view unsigned_text =
        text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
    if (is_one_of(unsigned_text, {".inf", ".Inf", ".INF"}))
        return (text.front() == '-' ? -1 : 1) * std::numeric_limits<double>::infinity();
    if (const auto digits = integer_digits(text)) {
        const auto& [number, base] = *digits;
        std::int64_t value = 0;
        if (std::from_chars(number.data(), number.data() + number.size(), value, base).ec !=
            std::errc())
            throw std::out_of_range(fmt::format("the integer {} does not fit 64 bits", text));
        return value;
    }
    if (is_real(text)) {
        const std::string_view number = text.starts_with('+') ? unsigned_text : text;
        double value = 0.0;
        if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc())
            throw std::out_of_range(fmt::format("the number {} does not fit a double", text));
        return value;
    }
    return std::string(text);
}

// Builds the JSON value from the parser's events, so that every limit holds before memory
// is spent: yaml-cpp's own tree would follow aliases first.
class Builder : public YAML::EventHandler {
  public:
    explicit Builder(const std::string& source) : source_(source) {}

    Json root;
    DocumentLines lines;

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message) const {
        throw Error(ErrorKind::invalid_input,
                    std::move(message),
                    mark.is_null() ? source_ : fmt::format("{}:{}", source_, mark.line + 1));
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (std::exchange(started_, true))
            refuse(mark, "the document is over before this line; expected one document");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add_leaf(mark, anchor, Json());
    }

    void OnScalar(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  const std::string& value) override {
        constexpr std::string_view kQuoted = "!";
        constexpr std::string_view kText = "tag:yaml.org,2002:str";
        if (tag == kQuoted || tag == kText)
            return add_leaf(mark, anchor, value);
        refuse_tag(mark, tag);
        try {
            add_leaf(mark, anchor, resolve(value));
        } catch (const std::out_of_range& error) {
            refuse(mark, error.what());
        }
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end())
            refuse(mark, "an alias stands inside the value that it names");
        count(mark, found->second.size);
        add(mark, found->second.value, {.line = mark.line + 1});
    }

    void OnSequenceStart(const YAML::Mark& mark,
                         const std::string& tag,
                         YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Json::array());
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark,
                    const std::string& tag,
                    YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Json::object());
    }
    void OnMapEnd() override { close(); }

  private:
    // After aliases are followed.
    struct Size {
        std::size_t values = 0;
        std::size_t text_bytes = 0;
    };
    struct Anchored {
        Json value;
        Size size;
    };
    // An array or object whose end is not reached.
    struct Open {
        YAML::Mark mark;
        YAML::anchor_t anchor;
        Json value;
        DocumentLines lines;
        Size size_before;
        std::optional<std::string> key;  // waits for its value
        int key_line = 0;
        std::set<std::string, std::less<>> keys;
    };

    void refuse_tag(const YAML::Mark& mark, std::string_view tag) const {
        if (!tag.empty() && tag != "?")
            refuse(mark, fmt::format("the tag '{}' is not supported", tag));
    }

    void count(const YAML::Mark& mark, const Size& more) {
        size_.values += more.values;
        size_.text_bytes += more.text_bytes;
        if (size_.values > kMaxValues)
            refuse(mark, fmt::format("more than {} values, aliases followed", kMaxValues));
        if (size_.text_bytes > kMaxBytes)
            refuse(mark, fmt::format("more than {} bytes of text, aliases followed", kMaxBytes));
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json value) {
        refuse_tag(mark, tag);
        if (expects_key())
            refuse(mark, "a key must be text");
        if (open_.size() == kMaxNesting)
            refuse(mark, fmt::format("nested deeper than {}", kMaxNesting));
        open_.push_back({.mark = mark,
                         .anchor = anchor,
                         .value = std::move(value),
                         .lines = {.line = mark.line + 1},
                         .size_before = size_});
        count(mark, {.values = 1});
    }

    void close() {
        Open closed = std::move(open_.back());
        open_.pop_back();
        keep(closed.anchor, closed.value, closed.size_before);
        add(closed.mark, std::move(closed.value), std::move(closed.lines));
    }

    void add_leaf(const YAML::Mark& mark, YAML::anchor_t anchor, Json value) {
        const Size before = size_;
        const std::size_t bytes =
            value.is_string() ? value.get_ref<const std::string&>().size() : 0;
        count(mark, {.values = 1, .text_bytes = bytes});
        keep(anchor, value, before);
        add(mark, std::move(value), {.line = mark.line + 1});
    }

    void keep(YAML::anchor_t anchor, const Json& value, const Size& before) {
        if (anchor != YAML::NullAnchor)
            anchors_[anchor] = {value,
                                {.values = size_.values - before.values,
                                 .text_bytes = size_.text_bytes - before.text_bytes}};
    }

    bool expects_key() const {
        return !open_.empty() && open_.back().value.is_object() && !open_.back().key;
    }

    void add(const YAML::Mark& mark, Json value, DocumentLines value_lines) {
        if (open_.empty()) {
            root = std::move(value);
            lines = std::move(value_lines);
            return;
        }
        Open& parent = open_.back();
        if (parent.value.is_array()) {
            parent.value.push_back(std::move(value));
        } else if (!parent.key) {
            return set_key(mark, parent, value);
        } else {
            // The base's emplace_back: an ordered_json would search for the key first.
            parent.value.get_ref<Json::object_t&>().emplace_back(*std::move(parent.key),
                                                                 std::move(value));
            parent.key.reset();
            value_lines.line = parent.key_line;
        }
        parent.lines.children.push_back(std::move(value_lines));
    }

    void set_key(const YAML::Mark& mark, Open& object, const Json& key) {
        if (!key.is_string())
            refuse(mark,
                   fmt::format("a key must be text, got {}; quote it",
                               key.is_structured() ? std::string(type_name(key)) : dump_json(key)));
        object.key = key.get<std::string>();
        object.key_line = mark.line + 1;
        if (*object.key == "<<")
            refuse(mark, "merge keys ('<<') are not supported; write the keys out");
        if (!object.keys.insert(*object.key).second)
            refuse(mark, fmt::format("the key '{}' is there twice", *object.key));
    }

    const std::string& source_;
    bool started_ = false;
    Size size_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
};

bool is_indented_with_tab(std::string_view text, int line) {
    std::size_t at = 0;
    for (int i = 0; i < line && at != std::string_view::npos; ++i)
        at = text.find('\n', at) + 1;
    at = std::min(text.find_first_not_of(' ', at), text.size());
    return text.substr(at, 1) == "\t";
}

void parse_yaml(std::string_view text, Builder& builder) {
    try {
        // Without an end marker yaml-cpp takes the end of the text for a missing quote.
        std::istringstream stream(fmt::format("{}{}...\n", text, text.ends_with('\n') ? "" : "\n"));
        YAML::Parser parser(stream);
        parser.HandleNextDocument(builder);
        if (builder.root.is_null())
            builder.refuse(YAML::Mark(), "the document is empty");
        parser.HandleNextDocument(builder);  // refused by the builder if there is another
    } catch (const YAML::Exception& error) {
        const bool tab = !error.mark.is_null() && is_indented_with_tab(text, error.mark.line);
        builder.refuse(
            error.mark,
            fmt::format(
                "not YAML: {}{}", error.msg, tab ? "; indent with spaces, not with tabs" : ""));
    }
}

// The reference token at the front of a JSON pointer, which is taken off.
std::string take_token(std::string_view& pointer) {
    pointer.remove_prefix(1);
    const std::string_view escaped = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(escaped.size());
    std::string token;
    for (std::size_t i = 0; i < escaped.size(); ++i) {
        const bool is_escape = escaped[i] == '~' && i + 1 < escaped.size();
        token += !is_escape ? escaped[i] : escaped[++i] == '1' ? '/' : '~';
    }
    return token;
}

// The position of `token` among the values of `json`, if it is there.
std::optional<std::size_t> position(const Json& json, const std::string& token) {
    if (json.is_object()) {
        const auto found = json.find(token);
        if (found != json.end())
            return static_cast<std::size_t>(std::distance(json.begin(), found));
    } else if (json.is_array()) {
        std::size_t index = 0;
        const char* end = token.data() + token.size();
        const auto [stop, error] = std::from_chars(token.data(), end, index);
        if (error == std::errc() && stop == end && index < json.size())
            return index;
    }
    return std::nullopt;
}

int line_at(const Json& root, const DocumentLines& lines, std::string_view pointer) {
    const Json* json = &root;
    const DocumentLines* at = &lines;
    while (pointer.starts_with('/')) {
        const std::optional<std::size_t> next = position(*json, take_token(pointer));
        if (!next || *next >= at->children.size())
            break;
        json = &*std::next(json->begin(), static_cast<std::ptrdiff_t>(*next));
        at = &at->children[*next];
    }
    return at->line;
}

}  // namespace

Document Document::read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kMaxBytes + 1, '\0');
    if (!std::filesystem::is_regular_file(path) || !file)
        throw Error(ErrorKind::not_found, "cannot read the file", path.string());
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad())
        throw Error(ErrorKind::not_found, "cannot read the file", path.string());
    text.resize(static_cast<std::size_t>(file.gcount()));
    return parse(text, path.string());
}

Document Document::parse(std::string_view text, std::string source) {
    if (text.size() > kMaxBytes)
        throw Error(
            ErrorKind::invalid_input, fmt::format("larger than {} MiB", kMaxBytes >> 20), source);
    Document document;
    document.source_ = std::move(source);
    if (document.source_.ends_with(".json")) {
        document.root_ = std::make_shared<Json>(parse_json(text, document.source_));
    } else {
        Builder builder(document.source_);
        parse_yaml(text, builder);
        document.root_ = std::make_shared<Json>(std::move(builder.root));
        document.lines_ = std::make_shared<DocumentLines>(std::move(builder.lines));
    }
    return document;
}

std::string Document::place(std::string_view pointer) const {
    std::string place = source_;
    if (lines_ != nullptr)
        place += fmt::format(":{}", line_at(*root_, *lines_, pointer));
    return pointer.empty() ? place : fmt::format("{} {}", place, pointer);
}

void Document::throw_if_any(const Faults& faults, ErrorKind kind) const {
    Faults placed;
    for (const Fault& fault : faults.list())
        placed.add(place(fault.where), fault.message);
    placed.throw_if_any(kind);
}

}  // namespace parnas
