// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::spaces {

// One visitor of a variant from several lambdas.
template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace parnas::spaces
