// SPDX-License-Identifier: Apache-2.0
#include "spaces/canonical.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "spaces/canonical_graph.h"

namespace parnas::spaces {
namespace {

using Vertices = std::vector<std::uint32_t>;  // ascending: in topological order

enum class Explore { all, first };

// Names a graph by its colours. After refinement the colours of a part in which they are
// all different determine it, since each is the hash of the colours around it. A part
// falls into components once its vertices of unique colour are taken out: every vertex of
// a class has the same edges to those, so components are named one by one and the name of
// the whole is their multiset. This alone settles symmetric branches; what is still
// symmetric and connected is individualised.
class Canoniser {
  public:
    explicit Canoniser(const Graph& graph) : graph_(graph), colours_(graph.labels) {}

    Digest run() {
        Vertices all(graph_.labels.size());
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = static_cast<std::uint32_t>(i);
        refine(all);
        member_.assign(all.size(), 0);
        return name(all, Explore::all);
    }

  private:
    static Digest hash(const Digest& colour, const Digest& around) {
        const std::uint64_t words[] = {colour.high, colour.low, around.high, around.low};
        return hash_words(words);
    }

    // The multiset of colours at the other ends, each with what the edge says.
    Digest around(const std::vector<Edge>& edges) const {
        Digest sum;
        for (const Edge& edge : edges) {
            const Digest& colour = colours_[edge.vertex];
            const std::uint64_t words[] = {colour.high, colour.low, edge.tag};
            const Digest each = hash_words(words);
            sum.high += each.high;
            sum.low += each.low;
        }
        return sum;
    }

    std::vector<Digest> sorted_colours(const Vertices& part) const {
        std::vector<Digest> sorted;
        sorted.reserve(part.size());
        for (const std::uint32_t v : part)
            sorted.push_back(colours_[v]);
        std::ranges::sort(sorted);
        return sorted;
    }

    std::size_t count_colours(const Vertices& part) const {
        std::vector<Digest> sorted = sorted_colours(part);
        return static_cast<std::size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
    }

    // Until the classes are equitable. A sweep carries colours from the inputs to the
    // outputs and back, so that a few do for a deep network.
    void refine(const Vertices& part) {
        std::size_t before = 0;
        std::size_t now = count_colours(part);
        do {
            for (auto v = part.begin(); v != part.end(); ++v)
                colours_[*v] = hash(colours_[*v], around(graph_.inputs[*v]));
            for (auto v = part.rbegin(); v != part.rend(); ++v)
                colours_[*v] = hash(colours_[*v], around(graph_.readers[*v]));
            before = std::exchange(now, count_colours(part));
        } while (now > before && now < part.size());
    }

    // The vertices of a part whose colour others of it have too, by colour.
    Vertices symmetric(const Vertices& part) const {
        Vertices sorted = part;
        std::ranges::sort(sorted, {}, [&](std::uint32_t v) { return colours_[v]; });
        Vertices shared;
        for (auto first = sorted.begin(); first != sorted.end();) {
            const auto last = std::find_if(first, sorted.end(), [&](std::uint32_t v) {
                return colours_[v] != colours_[*first];
            });
            if (last - first > 1)
                shared.insert(shared.end(), first, last);
            first = last;
        }
        return shared;
    }

    std::vector<Vertices> components(const Vertices& vertices) {
        const std::uint32_t open = ++generation_;
        for (const std::uint32_t v : vertices)
            member_[v] = open;
        std::vector<Vertices> found;
        for (const std::uint32_t start : vertices) {
            if (member_[start] != open)
                continue;
            Vertices component{start};
            member_[start] = 0;
            for (std::size_t i = 0; i < component.size(); ++i)
                for (const auto* edges :
                     {&graph_.inputs[component[i]], &graph_.readers[component[i]]})
                    for (const Edge& edge : *edges)
                        if (member_[edge.vertex] == open) {
                            member_[edge.vertex] = 0;
                            component.push_back(edge.vertex);
                        }
            std::ranges::sort(component);
            found.push_back(std::move(component));
        }
        return found;
    }

    // Of a part whose classes are equitable.
    Digest name(const Vertices& part, Explore branches) {
        std::vector<Digest> names = sorted_colours(part);
        const Vertices shared = symmetric(part);
        if (!shared.empty()) {
            const std::vector<Vertices> parts = components(shared);
            if (parts.size() == 1 && shared.size() == part.size())
                return branch(part, branches);
            std::vector<Digest> inner;
            for (const Vertices& each : parts)
                inner.push_back(name(each, branches));
            std::ranges::sort(inner);
            names.insert(names.end(), inner.begin(), inner.end());
        }
        std::vector<std::uint64_t> words;
        words.reserve(2 * names.size() + 1);
        words.push_back(part.size());
        for (const Digest& each : names) {
            words.push_back(each.high);
            words.push_back(each.low);
        }
        return hash_words(words);
    }

    // The least name that a part gets when one vertex of its smallest class is told from
    // the others. Where one choice all the way down for a further vertex gives the least
    // name so far, an automorphism takes it to the vertex of that name: nothing new.
    Digest branch(const Vertices& part, Explore branches) {
        const Vertices choices = smallest_class(part);
        Digest least = name_with(part, choices[0], branches);
        if (branches == Explore::first)
            return least;
        for (std::size_t i = 1; i < choices.size(); ++i)
            if (name_with(part, choices[i], Explore::first) != least)
                least = std::min(least, name_with(part, choices[i], Explore::all));
        return least;
    }

    Vertices smallest_class(const Vertices& part) const {
        const Vertices sorted = symmetric(part);
        Vertices smallest;
        for (auto first = sorted.begin(); first != sorted.end();) {
            const auto last = std::find_if(first, sorted.end(), [&](std::uint32_t v) {
                return colours_[v] != colours_[*first];
            });
            if (smallest.empty() || std::cmp_less(last - first, smallest.size()))
                smallest.assign(first, last);
            first = last;
        }
        return smallest;
    }

    Digest name_with(const Vertices& part, std::uint32_t chosen, Explore branches) {
        std::vector<Digest> saved;
        saved.reserve(part.size());
        for (const std::uint32_t v : part)
            saved.push_back(colours_[v]);
        colours_[chosen] = hash(colours_[chosen], Digest{.high = 1, .low = 1});
        refine(part);
        const Digest result = name(part, branches);
        for (std::size_t i = 0; i < part.size(); ++i)
            colours_[part[i]] = saved[i];
        return result;
    }

    const Graph& graph_;
    std::vector<Digest> colours_;
    std::vector<std::uint32_t> member_;  // by vertex: the set it is in
    std::uint32_t generation_ = 0;
};

}  // namespace

Digest canonical_hash(const Network& network) {
    const Graph graph = normal_graph(network);
    return Canoniser(graph).run();
}

}  // namespace parnas::spaces
