// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

namespace parnas::spaces {

// Tells equal names apart by a number: conv, conv2, conv3.
class UniqueNames {
  public:
    // `wanted`, with a number behind it if that name is taken.
    std::string take(const std::string& wanted) {
        std::string name = wanted;
        for (int& number = numbers_[wanted]; !taken_.insert(name).second;)
            name = wanted + std::to_string(++number + 1);
        return name;
    }

  private:
    std::set<std::string> taken_;
    std::map<std::string, int> numbers_;  // so that a thousandth conv is found at once
};

}  // namespace parnas::spaces
