// SPDX-License-Identifier: Apache-2.0
#include "api/http/router.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/http/problem.h"
#include "api/http/protocol/request_head.h"
#include "api/http/protocol/uri.h"
#include "core/error.h"

namespace parnas::http {

struct Router::Node {
    struct Leaf {
        const Route* route;
        std::vector<std::string> names;  // of its parameters, in the order of the path
    };

    std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
    std::unique_ptr<Node> parameter;
    std::map<std::string, Leaf, std::less<>> leaves;  // by method

    // The node with leaves that the segments lead to; what parameters stood for is in `values`.
    const Node* find(std::span<const std::string> segments,
                     std::vector<std::string>& values) const {
        if (segments.empty())
            return leaves.empty() ? nullptr : this;
        const std::string& first = segments.front();
        if (const auto next = fixed.find(first); next != fixed.end()) {
            if (const Node* found = next->second->find(segments.subspan(1), values))
                return found;
        }
        if (parameter == nullptr || first.empty())
            return nullptr;
        values.push_back(first);
        const Node* found = parameter->find(segments.subspan(1), values);
        if (found == nullptr)
            values.pop_back();
        return found;
    }
};

namespace {

bool is_parameter(std::string_view segment) {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::string_view name_of(std::string_view segment) {
    return segment.substr(1, segment.size() - 2);
}

// A GET route answers HEAD, and OPTIONS is answered for every path.
std::string list_methods(std::set<std::string_view> methods) {
    if (methods.contains("GET"))
        methods.insert("HEAD");
    methods.insert("OPTIONS");
    return fmt::format("{}", fmt::join(methods, ", "));
}

}  // namespace

Router::Router(std::vector<Route> routes)
    : routes_(std::move(routes)), root_(std::make_unique<Node>()) {
    for (const Route& route : routes_)
        insert(route);
}

Router::~Router() = default;

void Router::insert(const Route& route) {
    const auto refuse = [&](std::string_view what) {
        throw Error(ErrorKind::invalid_input,
                    fmt::format("the route {} {}", route.method, what),
                    route.pattern);
    };
    if (!is_token(route.method) || !route.handler)
        refuse("lacks a method or a handler");
    Node* node = root_.get();
    std::vector<std::string> names;
    for (const std::string& segment : path_segments(route.pattern)) {
        if (!is_parameter(segment)) {
            if (segment.find_first_of("{}") != segment.npos)
                refuse("has a segment with a brace");
            node = node->fixed.try_emplace(segment, std::make_unique<Node>()).first->second.get();
            continue;
        }
        if (std::ranges::find(names, name_of(segment)) != names.end())
            refuse("has a parameter twice");
        names.emplace_back(name_of(segment));
        if (node->parameter == nullptr)
            node->parameter = std::make_unique<Node>();
        node = node->parameter.get();
    }
    if (!node->leaves.try_emplace(route.method, Node::Leaf{&route, std::move(names)}).second)
        refuse("is there twice");
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
    if (path == "*") {
        std::set<std::string_view> methods;
        for (const Route& route : routes_)
            methods.insert(route.method);
        return {.allowed = list_methods(std::move(methods))};
    }
    std::vector<std::string> values;
    const std::vector<std::string> segments = path_segments(path);
    const Node* node = root_->find(segments, values);
    if (node == nullptr)
        throw HttpError(404, "there is nothing at this path");
    return match(*node, method, std::move(values));
}

Router::Match Router::match(const Node& node,
                            std::string_view method,
                            std::vector<std::string> values) {
    auto found = node.leaves.find(method);
    if (found == node.leaves.end() && method == "HEAD")
        found = node.leaves.find("GET");
    if (found == node.leaves.end()) {
        std::set<std::string_view> methods;
        for (const auto& [name, leaf] : node.leaves)
            methods.insert(name);
        return {.allowed = list_methods(std::move(methods))};
    }
    Match match{.route = found->second.route};
    for (std::size_t i = 0; i < values.size(); ++i)
        match.parameters.push_back({found->second.names[i], std::move(values[i])});
    return match;
}

}  // namespace parnas::http
