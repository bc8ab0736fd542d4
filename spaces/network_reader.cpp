// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/object_reader.h"
#include "spaces/network_json.h"
#include "spaces/op_attributes.h"
#include "spaces/shapes.h"

namespace parnas::spaces {
namespace {

template <typename Enum>
Enum read_word(ObjectReader& reader, std::string_view key, Enum otherwise) {
    const std::string word = reader.text(key, std::string(word_of(otherwise)));
    const auto found = std::ranges::find(kWords<Enum>, word);
    if (found == kWords<Enum>.end()) {
        reader.fault(
            key, fmt::format("expected one of {}, got '{}'", fmt::join(kWords<Enum>, ", "), word));
        return otherwise;
    }
    return static_cast<Enum>(found - kWords<Enum>.begin());
}

class NetworkReader {
  public:
    explicit NetworkReader(const OpSource& operators) : operators_(operators) {}

    Network read(const Json& json) {
        ObjectReader reader(json, "", faults_);
        read_symbols(reader);
        for_each_entry(reader, "inputs", [&](const Json& each, const std::string& pointer) {
            read_input(each, pointer);
        });
        if (const Json* nodes = reader.find("nodes"); nodes != nullptr && nodes->is_array())
            note_names(*nodes);
        for_each_entry(reader, "nodes", [&](const Json& each, const std::string& pointer) {
            read_node(each, pointer);
        });
        network_.outputs = read_values(reader, "outputs");
        reader.finish();
        faults_.throw_if_any();
        return std::move(network_);
    }

  private:
    template <typename Read>
    void for_each_entry(ObjectReader& reader, std::string_view key, const Read& read) {
        const Json* list = reader.need(key);
        if (list == nullptr)
            return;
        if (!list->is_array()) {
            reader.fault(key, fmt::format("expected an array, got {}", type_name(*list)));
            return;
        }
        const std::string pointer = reader.pointer(key);
        for (std::size_t i = 0; i < list->size(); ++i)
            read((*list)[i], pointer_to(pointer, i));
    }

    void read_symbols(ObjectReader& reader) {
        if (!reader.has("symbols"))
            return;
        for_each_entry(reader, "symbols", [&](const Json& each, const std::string& pointer) {
            if (!each.is_string())
                faults_.add(pointer, fmt::format("expected text, got {}", type_name(each)));
            else if (std::ranges::count(network_.symbols, each.get<std::string>()) > 0)
                faults_.add(pointer,
                            fmt::format("there already is a symbol '{}'", each.get<std::string>()));
            else
                network_.symbols.push_back(each.get<std::string>());
        });
    }

    void read_input(const Json& json, const std::string& pointer) {
        ObjectReader reader(json, pointer, faults_);
        Input input;
        input.name = reader.text("name");
        input.dtype = read_word(reader, "dtype", DType::fp32);
        input.shape = read_shape(reader, "shape", 1);
        reader.finish();
        shapes_.emplace_back(input.shape);
        network_.inputs.push_back(std::move(input));
        define(network_.inputs.back().name, pointer);
    }

    // Entries are integers from `low`, or names of symbols.
    Shape read_shape(ObjectReader& reader, std::string_view key, std::int64_t low) {
        Shape shape;
        for_each_entry(reader, key, [&](const Json& each, const std::string& pointer) {
            if (each.is_string())
                shape.push_back(read_symbol(each.get<std::string>(), pointer));
            else
                shape.push_back(read_integer(each, pointer, {.low = low}));
        });
        return shape;
    }

    Dim read_symbol(const std::string& name, const std::string& pointer) {
        const auto found = std::ranges::find(network_.symbols, name);
        if (found == network_.symbols.end()) {
            faults_.add(pointer, fmt::format("there is no symbol '{}'", name));
            return 1;
        }
        return -1 - (found - network_.symbols.begin());
    }

    std::int64_t read_integer(const Json& json,
                              const std::string& pointer,
                              const AttributeLimits& limits) {
        if (!json.is_number_integer()) {
            faults_.add(pointer, fmt::format("expected an integer, got {}", type_name(json)));
            return limits.low;
        }
        // Above the signed range only unsigned numbers go.
        const bool huge = json.is_number_unsigned() &&
                          json.get<std::uint64_t>() > static_cast<std::uint64_t>(kMaxDim);
        const auto value = huge ? kMaxDim + 1 : json.get<std::int64_t>();
        if (value >= limits.low && value <= limits.high)
            return value;
        faults_.add(pointer,
                    fmt::format("expected an integer in [{}, {}], got {}",
                                limits.low,
                                limits.high,
                                dump_json(json)));
        return limits.low;
    }

    void define(const std::string& name, const std::string& pointer) {
        const auto id = static_cast<ValueId>(values_.size() + unnamed_);
        if (values_.emplace(name, id).second)
            return;
        ++unnamed_;
        faults_.add(pointer_to(pointer, "name"),
                    fmt::format("there already is a value named '{}'", name));
    }

    void note_names(const Json& nodes) {
        for (const Json& node : nodes)
            if (node.is_object() && node.contains("name") && node["name"].is_string())
                all_names_.push_back(node["name"].get<std::string>());
    }

    std::vector<ValueId> read_values(ObjectReader& reader, std::string_view key) {
        std::vector<ValueId> ids;
        const std::size_t before = faults_.list().size();
        for_each_entry(reader, key, [&](const Json& each, const std::string& pointer) {
            if (each.is_string())
                ids.push_back(find_value(each.get<std::string>(), pointer));
            else
                faults_.add(pointer,
                            fmt::format("expected the name of a value, got {}", type_name(each)));
        });
        if (ids.empty() && reader.has(key) && faults_.list().size() == before)
            reader.fault(key, "expected one or more names of values");
        return ids;
    }

    ValueId find_value(const std::string& name, const std::string& pointer) {
        const auto found = values_.find(name);
        if (found != values_.end())
            return found->second;
        const bool later = std::ranges::count(all_names_, name) > 0;
        faults_.add(pointer,
                    later ? fmt::format("'{}' does not come before its reader", name)
                          : fmt::format("there is no value named '{}'", name));
        return 0;
    }

    void read_node(const Json& json, const std::string& pointer) {
        const std::size_t before = faults_.list().size();
        ObjectReader reader(json, pointer, faults_);
        Node node;
        node.name = reader.text("name");
        const std::string op = reader.text("op");
        node.inputs = read_values(reader, "inputs");
        node.precision = read_word(reader, "precision", DType::fp32);
        node.sparsity = read_sparsity(reader);
        if (const std::optional<Op> plain = default_op(op)) {
            node.op = *plain;
            std::visit([&](auto& each) { read_attributes(reader, each); }, node.op);
            reader.finish();
        } else if (reader.has("op") && !op.empty()) {
            reader.fault("op", fmt::format("there is no op named '{}'", op));
        }
        shapes_.push_back(faults_.list().size() == before ? shape_of(node, pointer) : std::nullopt);
        define(node.name, pointer);
        network_.nodes.push_back(std::move(node));
    }

    float read_sparsity(ObjectReader& reader) {
        const double sparsity = reader.real("sparsity", 0.0, {.low = 0.0, .high = 1.0});
        if (sparsity >= 1.0)
            reader.fault("sparsity", "expected a share below 1");
        return static_cast<float>(sparsity);
    }

    std::optional<Shape> shape_of(const Node& node, const std::string& pointer) {
        try {
            return infer_known_shape(node, shapes_);
        } catch (const Error& error) {
            faults_.add(pointer, error.what());
            return std::nullopt;
        }
    }

    void read_attributes(ObjectReader& reader, Custom& op) {
        op.type = reader.text("type");
        const Json none = Json::object();
        const Json* given = reader.find("attributes");
        const Json& attributes = given == nullptr ? none : *given;
        if (const auto known = operators_ ? operators_() : nullptr; known && known->has(op.type)) {
            ObjectReader values(attributes, reader.pointer("attributes"), faults_);
            op = read_custom(known->find(op.type), values);
            return;
        }
        if (!attributes.is_object())
            reader.fault("attributes",
                         fmt::format("expected an object, got {}", type_name(attributes)));
        if (given != nullptr)
            op.attributes = dump_json(attributes);
    }

    template <typename Alternative>
    void read_attributes(ObjectReader& reader, Alternative& op) {
        visit_attributes(op,
                         [&](std::string_view name, auto& field, const AttributeLimits& limits) {
                             read_field(reader, name, field, limits);
                         });
    }

    template <typename Field>
    void read_field(ObjectReader& reader,
                    std::string_view name,
                    Field& field,
                    const AttributeLimits& limits) {
        if constexpr (std::is_same_v<Field, bool>)
            field = reader.boolean(name, field);
        else if constexpr (std::is_enum_v<Field>)
            field = read_word(reader, name, field);
        else if constexpr (std::is_same_v<Field, double>)
            field = reader.real(name, field);
        else if constexpr (std::is_same_v<Field, Shape>)
            field = read_shape(reader, name, limits.low);
        else if (const Json* json = reader.find(name))
            read_numbers(*json, reader.pointer(name), limits, field);
    }

    void read_numbers(const Json& json,
                      const std::string& pointer,
                      const AttributeLimits& limits,
                      std::int64_t& field) {
        field = read_integer(json, pointer, limits);
    }

    // One number for both directions, or [height, width].
    void read_numbers(const Json& json,
                      const std::string& pointer,
                      const AttributeLimits& limits,
                      Extent& field) {
        if (!json.is_array()) {
            field.fill(read_integer(json, pointer, limits));
            return;
        }
        if (json.size() != field.size()) {
            faults_.add(pointer,
                        fmt::format("expected [height, width], got {} entries", json.size()));
            return;
        }
        for (std::size_t i = 0; i < field.size(); ++i)
            field[i] = read_integer(json[i], pointer_to(pointer, i), limits);
    }

    const OpSource& operators_;
    Faults faults_;
    Network network_;
    std::map<std::string, ValueId, std::less<>> values_;
    std::size_t unnamed_ = 0;  // values whose name was taken
    std::vector<std::string> all_names_;
    std::vector<std::optional<Shape>> shapes_;  // by value
};

}  // namespace

Network network_from_json(const Json& json, const OpSource& operators) {
    return NetworkReader(operators).read(json);
}

}  // namespace parnas::spaces
