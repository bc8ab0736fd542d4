// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/plugins.h"
#include "cli/text/numbers.h"
#include "core/document.h"
#include "core/rng.h"
#include "hw_models/costs/network_costs.h"
#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/layer_type.h"
#include "spaces/lint.h"
#include "spaces/load.h"

namespace parnas::cli {
namespace {

using spaces::SearchSpace;

bool is_file_name(const std::string& name) {
    return std::ranges::any_of(std::array{".yaml", ".yml", ".json"},
                               [&](const char* ending) { return name.ends_with(ending); });
}

// "classes=100" with its value read as YAML.
Json read_arguments(const std::vector<std::string>& texts) {
    Json arguments = Json::object();
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected KEY=VALUE, got '{}'", text),
                        "--with");
        arguments[text.substr(0, equals)] =
            Document::parse(text.substr(equals + 1), "--with " + text.substr(0, equals)).root();
    }
    return arguments;
}

std::unique_ptr<SearchSpace> load(const std::string& name,
                                  const std::vector<std::string>& arguments) {
    Json reference = {{is_file_name(name) ? "file" : "name", name}};
    if (!arguments.empty())
        reference["with"] = read_arguments(arguments);
    return spaces::load_space(reference, std::filesystem::current_path());
}

// The document as its author wrote it.
std::string document_text(const SearchSpace& space, const std::string& name) {
    for (const spaces::LibrarySpace& each : spaces::library_spaces())
        if (!is_file_name(name) && each.name == space.name())
            return each.text;
    throw Error(ErrorKind::invalid_input, "only built-in spaces have a document to print", name);
}

Json default_arguments(const SearchSpace& space, const std::string& name) {
    const Document document = is_file_name(name)
                                  ? Document::read(name)
                                  : Document::parse(document_text(space, name), name);
    return document.root().value("arguments", Json::object());
}

std::string join_choices(const spaces::Categorical& categorical) {
    std::string text;
    for (const Scalar& choice : categorical.choices)
        text += (text.empty() ? "" : ", ") + parnas::to_string(choice);
    return (categorical.ordered ? "ordered: " : "one of: ") + text;
}

std::string domain_text(const spaces::Domain& domain) {
    if (const auto* categorical = std::get_if<spaces::Categorical>(&domain))
        return join_choices(*categorical);
    if (const auto* integer = std::get_if<spaces::Integer>(&domain))
        return fmt::format("integer {} to {}{}{}",
                           integer->low,
                           integer->high,
                           integer->step == 1 ? "" : fmt::format(", step {}", integer->step),
                           integer->log ? ", log" : "");
    const auto& real = std::get<spaces::Real>(domain);
    return fmt::format("real {} to {}{}{}",
                       short_number(real.low),
                       short_number(real.high),
                       real.step ? fmt::format(", step {}", short_number(*real.step)) : "",
                       real.log ? ", log" : "");
}

Scalar condition_text(std::span<const spaces::Param> params, const spaces::Param& param) {
    if (!param.condition)
        return {};
    const spaces::Param& parent = params[param.condition->parent];
    if (const auto* interval = std::get_if<spaces::Interval>(&param.condition->active))
        return fmt::format("{} from {} to {}",
                           parent.name,
                           short_number(interval->low),
                           short_number(interval->high));
    std::vector<std::string> words;
    for (const std::int64_t index : std::get<spaces::ChoiceSet>(param.condition->active).indices)
        words.push_back(parnas::to_string(spaces::to_scalar(parent.domain, index)));
    return fmt::format("{} is {}", parent.name, fmt::join(words, " or "));
}

Table params_table(const SearchSpace& space) {
    Table table{.columns = {{"name", "parameter"}, {"domain", "values"}, {"condition", "only if"}},
                .rows = {}};
    for (const spaces::Param& param : space.params())
        table.rows.push_back(
            {param.name, domain_text(param.domain), condition_text(space.params(), param)});
    return table;
}

// One drawn candidate.
struct Drawn {
    Assignment values;
    std::optional<spaces::Count> count;  // none: a pure HPO space
    hw_models::ModelSize size;
    std::string architecture;  // its hash
};

Drawn draw_candidate(const SearchSpace& space, Rng& rng) {
    const Genotype genotype = spaces::sample_feasible(space, rng);
    const spaces::Decoded decoded = space.decode(genotype);
    Drawn drawn{.values = spaces::to_assignment(space.params(), genotype),
                .count = std::nullopt,
                .size = {},
                .architecture = {}};
    if (decoded.network) {
        drawn.count = spaces::count(*decoded.network);
        drawn.size = hw_models::model_size(*decoded.network);
        drawn.architecture = to_string(spaces::canonical_hash(*decoded.network));
    }
    return drawn;
}

Json to_json(const Drawn& drawn) {
    Json params = Json::object();
    for (const auto& [name, value] : drawn.values)
        params[name] = parnas::to_json(value);
    Json json = {{"params", std::move(params)}};
    if (drawn.count) {
        json["parameters"] = drawn.count->parameters;
        json["multiply_adds"] = drawn.count->multiply_adds;
        json["peak_activation_bytes"] = drawn.count->peak_activation_bytes;
        json["weight_bytes"] = {{"fp32", drawn.size.fp32.count()},
                                {"fp16", drawn.size.fp16.count()},
                                {"bf16", drawn.size.bf16.count()},
                                {"int8", drawn.size.int8.count()}};
        json["architecture"] = drawn.architecture;
    }
    return json;
}

// What is known of the candidates but for their values.
Table counts_table(const std::vector<Drawn>& candidates) {
    Table table{.columns = {{"sample", "#"},
                            {"parameters", "parameters"},
                            {"multiply_adds", "multiply-adds"}},
                .rows = {}};
    for (const Drawn& drawn : candidates) {
        const auto number = static_cast<std::int64_t>(table.rows.size() + 1);
        table.rows.push_back(
            {number,
             drawn.count ? Scalar(static_cast<double>(drawn.count->parameters)) : Scalar(),
             drawn.count ? Scalar(static_cast<double>(drawn.count->multiply_adds)) : Scalar()});
    }
    return table;
}

// For people: all values in one column.
Table drawn_table(const std::vector<Drawn>& candidates) {
    Table table = counts_table(candidates);
    table.columns.push_back({"values", "values"});
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        std::string values;
        for (const auto& [name, value] : candidates[i].values)
            values += fmt::format("{}{}={}", values.empty() ? "" : " ", name, short_text(value));
        table.rows[i].emplace_back(shortened(values));
    }
    return table;
}

// For other programs: one column per parameter.
Table wide_drawn_table(const std::vector<Drawn>& candidates) {
    Table table = counts_table(candidates);
    std::set<std::string> names;
    for (const Drawn& drawn : candidates)
        for (const auto& [name, value] : drawn.values)
            names.insert(name);
    for (const std::string& name : names) {
        table.columns.push_back({"params." + name, ""});
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            const auto value = candidates[i].values.find(name);
            table.rows[i].push_back(value == candidates[i].values.end() ? Scalar() : value->second);
        }
    }
    return table;
}

std::string range_text(const spaces::Span<std::int64_t>& span) {
    return fmt::format("{} to {}",
                       short_number(static_cast<double>(span.low)),
                       short_number(static_cast<double>(span.high)));
}

Json range_json(const std::optional<spaces::Span<std::int64_t>>& span) {
    return span ? Json{{"low", span->low}, {"high", span->high}} : Json();
}

Json to_json(const std::string& name, const spaces::LintReport& report) {
    Json faults = Json::array();
    for (const Fault& fault : report.faults)
        faults.push_back({{"where", fault.where}, {"message", fault.message}});
    return {{"name", name},
            {"faults", std::move(faults)},
            {"cardinality", report.cardinality},
            {"samples", report.samples},
            {"feasible", report.feasible},
            {"distinct", report.distinct},
            {"dead", report.dead},
            {"idle", report.idle},
            {"within", report.within ? Json(*report.within) : Json()},
            {"unreachable", report.unreachable},
            {"parameters", range_json(report.parameters)},
            {"multiply_adds", range_json(report.multiply_adds)},
            {"shares_weights", report.shares_weights},
            {"closed", report.closed}};
}

// Which parameters differentiable search cannot keep open.
std::string differentiable_text(const spaces::LintReport& report) {
    constexpr std::size_t kShown = 3;
    if (report.closed.empty())
        return "yes";
    const std::size_t shown = std::min(report.closed.size(), kShown);
    const std::string names =
        fmt::format("{}",
                    fmt::join(report.closed.begin(),
                              report.closed.begin() + static_cast<std::ptrdiff_t>(shown),
                              ", "));
    return fmt::format("not of {}{}",
                       names,
                       report.closed.size() == shown
                           ? ""
                           : fmt::format(" and {} more", report.closed.size() - shown));
}

std::string percent_text(double share) {
    return fmt::format("{} %", short_number(100.0 * share));
}

// "parameters=1000000"
std::map<std::string, double> count_limits(const std::vector<std::string>& texts) {
    std::map<std::string, double> limits;
    for (const std::string& text : texts) {
        const std::size_t equals = std::min(text.find('='), text.size());
        const Json value =
            Document::parse(equals < text.size() ? text.substr(equals + 1) : "", "--max").root();
        if (!value.is_number())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected METRIC=VALUE, got '{}'", text),
                        "--max");
        limits[text.substr(0, equals)] = value.get<double>();
    }
    return limits;
}

Table lint_table(const std::string& name, const spaces::LintReport& report) {
    Table table{.columns = {}, .rows = {{}}};
    const auto add = [&](std::string key, std::string title, Scalar value) {
        table.columns.push_back({std::move(key), std::move(title)});
        table.rows.front().push_back(std::move(value));
    };
    add("name", "space", name);
    add("cardinality", "candidates", short_number(report.cardinality));
    add("samples", "sample", static_cast<std::int64_t>(report.samples));
    add("feasible", "feasible", percent_text(report.feasible));
    add("distinct", "different", percent_text(report.distinct));
    if (report.parameters) {
        add("dead", "without a way through", percent_text(report.dead));
        add("idle", "idle nodes", percent_text(report.idle));
    }
    if (report.within)
        add("within", "within the limits", percent_text(*report.within));
    add("unreachable",
        "values out of reach",
        report.unreachable.empty() ? "none"
                                   : fmt::format("{}", fmt::join(report.unreachable, ", ")));
    if (report.parameters)
        add("parameters", "parameters", range_text(*report.parameters));
    if (report.multiply_adds)
        add("multiply_adds", "multiply-adds", range_text(*report.multiply_adds));
    add("shares_weights", "weights can be shared", report.shares_weights ? "yes" : "no");
    if (report.shares_weights)
        add("closed", "differentiable search", differentiable_text(report));
    return table;
}

std::string words_text(const spaces::AttributeType& attribute) {
    const bool required = std::holds_alternative<std::monostate>(attribute.otherwise);
    return required ? attribute.name : attribute.name + "=" + short_text(attribute.otherwise);
}

}  // namespace

int run(const SpacesListOptions&, const GlobalOptions&, Console& console) {
    Table table{.columns = {{"name", "space"}, {"cardinality", "candidates"}, {"about", "about"}},
                .rows = {}};
    for (const spaces::LibrarySpace& each : spaces::library_spaces()) {
        const auto space = spaces::load_space(each.name, {});
        table.rows.push_back({each.name, spaces::cardinality(space->params()), each.about});
    }
    print(console, table);
    return 0;
}

int run(const SpacesShowOptions& options, const GlobalOptions&, Console& console) {
    const auto space = load(options.space, options.arguments);
    if (options.document) {
        console.out << document_text(*space, options.space);
        return 0;
    }
    const Json arguments = default_arguments(*space, options.space);
    const double cardinality = spaces::cardinality(space->params());
    const Table params = params_table(*space);
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"name", std::string(space->name())},
                   {"cardinality", cardinality},
                   {"arguments", arguments},
                   {"params", to_json(params)}});
        return 0;
    }
    if (console.output == OutputFormat::table) {
        console.out << fmt::format("{}, {} candidates\n", space->name(), short_number(cardinality));
        for (const auto& [key, value] : arguments.items())
            console.out << fmt::format("  --with {}={}\n", key, dump_json(value));
        console.out << '\n';
    }
    print(console, params);
    return 0;
}

int run(const SpacesLintOptions& options, const GlobalOptions&, Console& console) {
    const auto space = load(options.space, options.arguments);
    const spaces::LintReport report =
        spaces::lint(*space,
                     {.samples = static_cast<std::size_t>(options.samples),
                      .seed = options.seed,
                      .limits = count_limits(options.limits)});
    if (console.output == OutputFormat::json)
        print(console, to_json(std::string(space->name()), report));
    else
        print_record(console, lint_table(std::string(space->name()), report));
    if (!report.faults.empty())
        throw Error(ErrorKind::invalid_input, report.faults);
    return 0;
}

int run(const SpacesSampleOptions& options, const GlobalOptions&, Console& console) {
    const auto space = load(options.space, options.arguments);
    const Rng seed(options.seed);
    std::vector<Drawn> candidates;
    for (std::int64_t i = 0; i < options.count; ++i) {
        Rng rng = seed.fork(static_cast<std::uint64_t>(i));
        candidates.push_back(draw_candidate(*space, rng));
    }
    if (console.output == OutputFormat::json) {
        Json json = Json::array();
        for (const Drawn& drawn : candidates)
            json.push_back(to_json(drawn));
        print(console, json);
    } else {
        const bool for_people = console.output == OutputFormat::table;
        print(console, for_people ? drawn_table(candidates) : wide_drawn_table(candidates));
    }
    return 0;
}

int run(const SpacesBlocksOptions&, const GlobalOptions&, Console& console) {
    Table table{.columns = {{"name", "layer"}, {"attributes", "attributes"}, {"about", "about"}},
                .rows = {}};
    const auto add = [&table](const spaces::LayerType& type) {
        std::vector<std::string> attributes;
        for (const spaces::AttributeType& attribute : type.attributes)
            attributes.push_back(words_text(attribute));
        table.rows.push_back(
            {type.name, fmt::format("{}", fmt::join(attributes, " ")), type.about});
    };
    for (const auto& [name, type] : spaces::layer_types())
        add(type);
    const auto operators = plugin::offered_operators(plugins());
    for (const std::string& name : operators->names())
        add(operators->find(name)->layer);
    print(console, table);
    return 0;
}

}  // namespace parnas::cli
