// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_skeleton.h"

#include <algorithm>
#include <cctype>
#include <span>

#include <fmt/format.h>

#include "core/embedded.h"
#include "core/error.h"

namespace parnas::cli {

std::span<const EmbeddedFile> skeleton_templates();  // api/plugin/skeletons

namespace {

std::string text_of(const std::string& name) {
    for (const EmbeddedFile& file : skeleton_templates())
        if (file.name == name)
            return std::string(file.text);
    throw Error(ErrorKind::internal, "there is no template " + name);
}

bool is_identifier(const std::string& name) {
    const auto valid = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && name.size() <= 50 && name[0] >= 'a' && name[0] <= 'z' &&
           std::ranges::all_of(name, valid);
}

// "my_space" as the name of a class: "MySpace".
std::string class_name(const std::string& name) {
    std::string result;
    bool is_first = true;
    for (const char c : name) {
        if (c != '_')
            result += is_first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        is_first = c == '_';
    }
    return result;
}

std::string filled(std::string text, const std::string& mark, const std::string& value) {
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
        text.replace(at, mark.size(), value);
    return text;
}

}  // namespace

std::vector<SkeletonFile> skeleton_files(const Skeleton& skeleton) {
    if (!is_identifier(skeleton.name))
        throw Error(ErrorKind::invalid_input,
                    "expected a name of a-z, 0-9 and '_' that starts with a letter",
                    skeleton.name);
    const bool is_cpp = skeleton.language == "cpp";
    const bool is_operator = skeleton.role == "operator";
    if (is_operator && !is_cpp)
        throw Error(ErrorKind::invalid_input,
                    "an operator runs in LibTorch, so it is written in C++",
                    "--language");
    const auto file = [&](const std::string& name, const std::string& source) {
        return SkeletonFile{name,
                            filled(filled(text_of(source), "@name@", skeleton.name),
                                   "@Name@",
                                   class_name(skeleton.name))};
    };
    std::vector<SkeletonFile> files = {
        file(skeleton.name + ".plugin.yaml", is_cpp ? "cpp.plugin.yaml" : "python.plugin.yaml"),
        file("job.yaml", skeleton.role + ".job.yaml"),
        file(skeleton.name + (is_cpp ? ".cpp" : ".py"),
             skeleton.role + (is_cpp ? ".cpp.in" : ".py"))};
    if (is_cpp)
        files.push_back(
            file("CMakeLists.txt", is_operator ? "operator.CMakeLists.txt" : "CMakeLists.txt"));
    else
        files.push_back({"parnas_plugin.py", text_of("parnas_plugin.py")});
    if (skeleton.role != "evaluator")
        files.push_back(file("score.sh", "score.sh"));
    return files;
}

}  // namespace parnas::cli
