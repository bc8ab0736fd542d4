// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/response.h"

namespace parnas::http {

// Which threads a route's handler runs on, so that one kind of requests cannot starve another.
enum class Lane {
    normal,   // answers as soon as it can
    waiting,  // waits for something to happen, as long polls do; ends when Request::stop says so
    vital,    // health, heartbeats: takes milliseconds; answered also while all others are refused
};

struct Route {
    std::string method;   // "GET"; answers HEAD too
    std::string pattern;  // "/v1/studies/{study}/trials": a segment is fixed or a parameter
    Handler handler;
    Lane lane = Lane::normal;
    std::optional<std::size_t> body_bytes =
        std::nullopt;  // the most, if not what the server's limits say
};

// The routes of a server as a tree of path segments. Of several that match a path the one whose
// first differing segment is fixed is taken. Const and thread-safe.
class Router {
  public:
    // Throws Error(invalid_input) on a pattern that is not one, or that is there twice for a
    // method.
    explicit Router(std::vector<Route> routes);
    ~Router();

    struct Match {
        const Route* route = nullptr;   // null: the path has no route for this method
        std::vector<Field> parameters;  // decoded
        std::string allowed;  // the methods of the path, if `route` is null: "GET, HEAD, OPTIONS"
    };

    // `path`: of a request, not decoded, or "*". Throws HttpError: 400 if it cannot be decoded,
    // 404 if there is no route for any method.
    Match find(std::string_view method, std::string_view path) const;

    const std::vector<Route>& routes() const { return routes_; }

  private:
    struct Node;

    void insert(const Route& route);
    static Match match(const Node& node, std::string_view method, std::vector<std::string> values);

    std::vector<Route> routes_;
    std::unique_ptr<Node> root_;
};

}  // namespace parnas::http
