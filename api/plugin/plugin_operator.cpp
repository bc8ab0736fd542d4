// SPDX-License-Identifier: Apache-2.0
#include "api/plugin/plugin_operator.h"

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/plugin/library_channel.h"
#include "api/plugin/operator_offer.h"
#include "core/error.h"
#include "core/mutex.h"

namespace parnas::plugin {
namespace {

using spaces::Custom;
using spaces::CustomWork;
using spaces::Shape;
using Shapes = std::span<const Shape>;

// Answers that one operator remembers; then it begins anew.
constexpr std::size_t kMostAnswers = 100'000;
constexpr std::int64_t kMostWork = std::int64_t{1} << 60U;

// What was answered to each question. Thread-safe.
template <typename Answer>
class Memory {
  public:
    // `ask` throws Error.
    template <typename Ask>
    Answer find(const std::string& question, const Ask& ask) {
        {
            const MutexLock lock(mutex_);
            if (const auto found = answers_.find(question); found != answers_.end())
                return found->second;
        }
        Answer answer = ask();
        const MutexLock lock(mutex_);
        if (answers_.size() >= kMostAnswers)
            answers_.clear();
        answers_.emplace(question, answer);
        return answer;
    }

  private:
    Mutex mutex_;
    std::map<std::string, Answer, std::less<>> answers_ PARNAS_GUARDED_BY(mutex_);
};

class PluginOperator {
  public:
    PluginOperator(std::shared_ptr<const Plugin> plugin, std::string name)
        : plugin_(std::move(plugin)), name_(std::move(name)) {}

    Shape shape(const Custom& op, Shapes inputs) {
        return shapes_.find(question(op, inputs), [&] {
            return ask("operator.shape", op, inputs, [&](ObjectReader& reply) {
                const Json* json = reply.need("shape");
                if (json == nullptr)
                    return Shape();
                Shape shape = read_shape(*json, reply.pointer("shape"), reply.faults());
                for (const spaces::Dim dim : shape)
                    if (dim < 1 && !is_symbol(dim, inputs))
                        reply.fault("shape",
                                    fmt::format("expected sizes from 1, or those of the inputs, "
                                                "got {}",
                                                dim));
                return shape;
            });
        });
    }

    CustomWork work(const Custom& op, Shapes inputs) {
        return works_.find(question(op, inputs), [&] {
            return ask("operator.count", op, inputs, [](ObjectReader& reply) {
                const Range<std::int64_t> range{0, kMostWork};
                return CustomWork{
                    .multiply_adds = reply.integer("multiply_adds", 0, range),
                    .parameters = reply.integer("parameters", 0, range),
                    .values_read = reply.optional_integer("values_read", range),
                    .values_written = reply.optional_integer("values_written", range)};
            });
        });
    }

    void* symbol(const char* name) const {
        const auto* library = std::get_if<SharedLibrary>(&plugin_->document().where);
        return library == nullptr ? nullptr : find_symbol(library->path, name);
    }

  private:
    static std::string question(const Custom& op, Shapes inputs) {
        std::string text = op.attributes;
        for (const Shape& each : inputs)
            text += fmt::format(" {}", fmt::join(each, "x"));
        return text;
    }

    // `read` takes the answer out of the reply.
    template <typename Read>
    std::invoke_result_t<const Read&, ObjectReader&> ask(const std::string& method,
                                                         const Custom& op,
                                                         Shapes inputs,
                                                         const Read& read) const {
        Json shapes = Json::array();
        for (const Shape& each : inputs)
            shapes.push_back(each);
        const Json attributes =
            op.attributes.empty() ? Json::object() : parse_json(op.attributes, op.type);
        const Json reply = plugin_->ask(
            method, {{"operator", name_}, {"attributes", attributes}, {"inputs", shapes}});
        Faults faults;
        ObjectReader reader(reply, "", faults);
        const auto answer = read(reader);
        reader.finish();
        if (!faults.empty())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("plugin {}: {}: its answer to {} is refused: {}: {}",
                                    plugin_->name(),
                                    name_,
                                    method,
                                    faults.list().front().where,
                                    faults.list().front().message));
        return answer;
    }

    static bool is_symbol(spaces::Dim dim, Shapes inputs) {
        return dim < 0 && std::ranges::any_of(inputs, [dim](const Shape& each) {
                   return std::ranges::find(each, dim) != each.end();
               });
    }

    std::shared_ptr<const Plugin> plugin_;
    std::string name_;
    Memory<Shape> shapes_;
    Memory<CustomWork> works_;
};

}  // namespace

std::shared_ptr<const spaces::CustomOp> make_plugin_operator(std::shared_ptr<const Plugin> plugin,
                                                             const spaces::LayerType& layer) {
    const auto of = std::make_shared<PluginOperator>(std::move(plugin), layer.name);
    return std::make_shared<const spaces::CustomOp>(spaces::CustomOp{
        .layer = layer,
        .shape = [of](const Custom& op, Shapes inputs) { return of->shape(op, inputs); },
        .work = [of](const Custom& op, Shapes inputs) { return of->work(op, inputs); },
        .symbol = [of](const char* name) { return of->symbol(name); }});
}

}  // namespace parnas::plugin
