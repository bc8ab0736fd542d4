// SPDX-License-Identifier: Apache-2.0
#include "spaces/network_digest.h"

#include <array>
#include <bit>
#include <concepts>
#include <vector>

#include "spaces/op_attributes.h"

namespace parnas::spaces {
namespace {

// A network as words that tell it apart from all others.
class Spelling {
  public:
    void add(bool value) { add_word(value ? 1 : 0); }
    void add(std::integral auto value) { add_word(static_cast<std::uint64_t>(value)); }
    void add(double value) { add_word(std::bit_cast<std::uint64_t>(value)); }
    void add(float value) { add_word(std::bit_cast<std::uint32_t>(value)); }
    template <typename Enum>
    requires std::is_enum_v<Enum>
    void add(Enum value) { add_word(static_cast<std::uint64_t>(value)); }
    void add(const std::string& text) {
        const Digest digest = hash_bytes(text);
        add_word(digest.high);
        add_word(digest.low);
    }
    void add(const Extent& extent) {
        for (const auto each : extent)
            add(each);
    }
    template <typename Element>
    void add(const std::vector<Element>& list) {
        add(list.size());
        for (const Element& each : list)
            add(each);
    }
    void add(const Input& input) {
        add(input.dtype);
        add(input.shape);
    }
    void add(const Node& node) {
        add(node.op.index());
        std::visit(
            [&](const auto& op) {
                visit_attributes(
                    op, [&](std::string_view, const auto& field, const auto&) { add(field); });
            },
            node.op);
        add(node.inputs);
        add(node.precision);
        add(node.sparsity);
    }

    Digest digest() const { return hash_words(words_); }

  private:
    void add_word(std::uint64_t word) { words_.push_back(word); }

    std::vector<std::uint64_t> words_;
};

}  // namespace

Digest network_digest(const Network& network) {
    Spelling spelling;
    spelling.add(network.inputs);
    spelling.add(network.nodes);
    spelling.add(network.outputs);
    return spelling.digest();
}

}  // namespace parnas::spaces
