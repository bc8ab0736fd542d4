// SPDX-License-Identifier: Apache-2.0
#include "spaces/template_decoder.h"

#include <optional>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/shapes.h"
#include "spaces/template_walker.h"

namespace parnas::spaces {
namespace {

using Differs = std::function<void(const std::string&, const std::string&)>;

// Compares the options of each choice on its way.
class Comparison : public TemplateWalker {
  public:
    Comparison(const Template& blueprint,
               std::span<const Param> params,
               const Genotype& genotype,
               const Differs& differs)
        : TemplateWalker(blueprint, params, genotype), differs_(&differs) {}

  private:
    ValueId emit_choice(const Choice& choice, const Block& block, ValueId input) override {
        if (!probing())
            compare_options(choice, block, input);
        return TemplateWalker::emit_choice(choice, block, input);
    }

    void compare_options(const Choice& choice, const Block& block, ValueId input) {
        std::optional<Shape> first;
        for (std::size_t i = 0; i < choice.options.size(); ++i) {
            try {
                const Shape shape = shape_of_option(choice, i, input);
                if (!first)
                    first = shape;
                else if (*first != shape)
                    (*differs_)(
                        block.path,
                        fmt::format(
                            "its options differ in output shape: {} gives {} and {} gives {}; "
                            "`project: true` lets an identity adapt",
                            choice.options[0].path,
                            to_string(*first),
                            choice.options[i].path,
                            to_string(shape)));
            } catch (const Error& error) {
                (*differs_)(block.path, error.what());
            }
        }
    }

    const Differs* differs_;
};

}  // namespace

Network decode(const Template& blueprint, std::span<const Param> params, const Genotype& genotype) {
    return TemplateWalker(blueprint, params, genotype).run();
}

void check_choices(const Template& blueprint,
                   std::span<const Param> params,
                   const Genotype& genotype,
                   const Differs& differs) {
    Comparison(blueprint, params, genotype, differs).run();
}

}  // namespace parnas::spaces
