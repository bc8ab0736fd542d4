// SPDX-License-Identifier: Apache-2.0
#include "spaces/overloaded.h"
#include "spaces/supernet.h"

namespace parnas::spaces {
namespace {

class Roles {
  public:
    explicit Roles(std::size_t params) : roles_(params, Openness::none) {}

    void read(const Expression& expression) {
        for (const ParamIndex param : expression.params())
            roles_[param] = Openness::closed;
    }

    void read(const std::vector<Block>& blocks) {
        for (const Block& block : blocks)
            read(block);
    }

    void read(const Block& block) {
        std::visit(Overloaded{
                       [&](const Layer& layer) {
                           for (const Expression& attribute : layer.attributes)
                               read(attribute);
                       },
                       [&](const Sequence& sequence) { read(sequence.blocks); },
                       [&](const Choice& choice) {
                           roles_[choice.param] = Openness::options;
                           read(choice.options);
                       },
                       [&](const Repeat& repeat) {
                           read(repeat.times);
                           read(repeat.bodies);
                       },
                       [&](const Branches& branches) { read(branches.blocks); },
                       [&](const Cell& cell) {
                           read(cell.prepare);
                           read(cell.prepare_larger);
                           for (const CellNode& node : cell.nodes) {
                               if (node.inputs)
                                   roles_[*node.inputs] = Openness::edges;
                               read(node.edges);
                           }
                       },
                   },
                   block.kind);
    }

    std::vector<Openness> take() { return std::move(roles_); }

  private:
    std::vector<Openness> roles_;
};

}  // namespace

std::vector<Openness> open_parameters(const Template& blueprint, std::size_t params) {
    Roles roles(params);
    for (const TemplateInput& input : blueprint.inputs)
        for (const Expression& dim : input.shape)
            roles.read(dim);
    roles.read(blueprint.body);
    return roles.take();
}

}  // namespace parnas::spaces
