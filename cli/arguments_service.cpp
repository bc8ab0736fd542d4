// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "cli/parser.h"

namespace parnas::cli {
namespace {

const std::map<std::string, LogLevel>& log_levels() {
    static const std::map<std::string, LogLevel> levels{{"debug", LogLevel::debug},
                                                        {"info", LogLevel::info},
                                                        {"warning", LogLevel::warning},
                                                        {"error", LogLevel::error}};
    return levels;
}

}  // namespace

void add_service_commands(Parser& parser) {
    const auto options = std::make_shared<ServeOptions>();
    CLI::App* serve = parser.add(parser.app,
                                 "serve",
                                 "Serve searches over HTTP, until Ctrl-C",
                                 "parnas serve --store lab.db --port 8080",
                                 options);
    serve->add_option("--address", options->address, "IP address to listen on")
        ->type_name("ADDRESS")
        ->capture_default_str();
    serve->add_option("--port", options->port, "Port; 0: the system picks one")
        ->type_name("PORT")
        ->check(CLI::Range(0, 65535))
        ->capture_default_str();
    serve
        ->add_option("--lease",
                     options->lease_seconds,
                     "Seconds without a word after which a worker's trial may go to another")
        ->type_name("SECONDS")
        ->check(CLI::Range(0.1, 86400.0))
        ->capture_default_str();
    serve
        ->add_option_function<std::string>(
            "--log-level",
            [options](const std::string& name) { options->log_level = log_levels().at(name); },
            "The least that is logged: debug has all requests, info what happens to studies, "
            "warning slow and refused requests and lost leases")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->default_str("info");
    serve
        ->add_option_function<std::string>(
            "--log-format",
            [options](const std::string& name) {
                options->log_format = name == "text" ? LogFormat::text : LogFormat::json;
            },
            "Lines of the log, on standard error: json, or text to be read by people")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"json", "text"}))
        ->default_str("json");
    serve->add_flag(
        "--open", options->open, "Ask nobody who they are: only for an address of this machine");
}

}  // namespace parnas::cli
