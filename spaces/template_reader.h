// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/object_reader.h"
#include "spaces/custom_op.h"
#include "spaces/template.h"
#include "spaces/unique_names.h"

namespace parnas::spaces {

// Where in a document a block stands: what its names begin with, what its expressions may
// name, and under which condition its parameters are active.
struct Scope {
    std::string path;        // of blocks
    std::string param_path;  // of parameters; a shorter one where choices are shared
    std::optional<Condition> condition;
    std::map<std::string, Expression, std::less<>> arguments;
    bool shared = false;   // a parameter that is there already is the same one
    bool adopted = false;  // the one block of a definition takes the path as it is if unnamed
    int depth = 0;
};

// Turns the blocks of a space document into a template: expands definitions, gives every
// block its path and every choice its parameter. Faults are collected; the result is of use
// only if there were none.
class TemplateReader {
  public:
    // `define` is the document's, or null. `lists` are the arguments that are lists.
    TemplateReader(const Json& define,
                   std::map<std::string, Json> lists,
                   OpSource operators,
                   std::vector<Param>& params,
                   Faults& faults);

    Block read_body(const Json& json, const std::string& pointer, const Scope& scope);
    // A literal, a domain (which becomes the parameter `<param_path>.<name>`), or an expression.
    Expression read_expression(const Json& json,
                               const std::string& pointer,
                               const Scope& scope,
                               std::string_view name);
    // A domain, and nothing else: the parameter `<param_path>.<name>`.
    void read_param(const Json& json,
                    const std::string& pointer,
                    const Scope& scope,
                    std::string_view name);
    Expression read_text(std::string_view text, const std::string& pointer, const Scope& scope);
    // No block gets this path.
    void reserve(const std::string& path) { paths_.take(path); }
    // A list, or {arg: NAME} of one.
    const Json& resolve_list(const Json& json) const;

  private:
    struct CellPlan;
    struct Head {  // what all blocks have
        Scope scope;
        Block block;
    };

    Block read_typed(const std::string& type,
                     const Json& body,
                     const std::string& pointer,
                     const Scope& scope);
    Block read_list(const Json& json, const std::string& pointer, const Scope& scope);
    Head read_head(ObjectReader& reader, const std::string& otherwise, const Scope& scope);

    // Null if nothing has this name.
    std::shared_ptr<const CustomOp> find_operator(const std::string& type) const;
    void refuse_type(const std::string& type, const std::string& pointer);
    // Into a layer whose type is known.
    void read_layer(Layer layer, ObjectReader& reader, Head& head);
    void read_sequence(ObjectReader& reader, Head& head);
    void read_choice(ObjectReader& reader, Head& head);
    void read_repeat(ObjectReader& reader, Head& head);
    void read_residual(ObjectReader& reader, Head& head);
    void read_branches(ObjectReader& reader, Head& head);
    void read_cell(ObjectReader& reader, Head& head);
    void read_use(ObjectReader& reader, Head& head);

    void fill_choice(const Json& options,
                     const std::string& pointer,
                     const Scope& scope,
                     Block& block);
    CellNode read_node(const Json& edge,
                       const std::string& pointer,
                       const Scope& scope,
                       const CellPlan& plan);
    Join read_join(ObjectReader& reader);
    std::optional<std::int64_t> largest(const Expression& times, const std::string& pointer);
    std::optional<Condition> while_repeated(const Expression& times,
                                            std::int64_t repetition,
                                            const Scope& scope) const;
    // Nullopt after a fault. A `shared` parameter may be there already, with this domain.
    std::optional<ParamIndex> add_param(const std::string& name,
                                        Domain domain,
                                        const std::optional<Condition>& condition,
                                        bool shared,
                                        const std::string& pointer);
    Json resolve_arguments(const Json& json, const std::string& pointer, const Scope& scope);
    Scope inside(const Scope& scope, const std::string& component, bool in_params = true) const;
    std::string component(const Scope& scope, const std::string& wanted);

    const Json& define_;
    std::map<std::string, Json> lists_;
    OpSource operators_;
    std::vector<Param>& params_;
    Faults& faults_;
    std::map<std::string, ParamIndex, std::less<>> indices_;  // of `params`, by name
    UniqueNames paths_;
    std::size_t blocks_ = 0;
};

}  // namespace parnas::spaces
