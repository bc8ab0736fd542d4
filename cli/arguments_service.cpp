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
    CLI::Option* const grpc =
        serve
            ->add_option(
                "--grpc",
                options->grpc_port,
                "Port for Optuna's GrpcStorageProxy, which asks nobody who they are; 0: the "
                "system picks one (default: none)")
            ->type_name("PORT")
            ->check(CLI::Range(0, 65535));
    serve->add_option("--grpc-address", options->grpc_address, "IP address for --grpc")
        ->needs(grpc)
        ->type_name("ADDRESS")
        ->capture_default_str();
    serve
        ->add_option_function<std::string>(
            "--grpc-datetime",
            [options](const std::string& form) { options->grpc_iso_times = form == "iso8601"; },
            "How times are written: naive, as Optuna 4.2 to 5.0 reads them (UTC), or iso8601")
        ->type_name("FORM")
        ->needs(grpc)
        ->check(CLI::IsMember({"naive", "iso8601"}))
        ->default_str("naive");
    serve
        ->add_option("--grpc-idle",
                     options->grpc_idle_seconds,
                     "Seconds without a call on it after which a gRPC client's running trial waits "
                     "for another client (default: it stays)")
        ->type_name("SECONDS")
        ->needs(grpc)
        ->check(CLI::Range(0.1, 31536000.0));
    CLI::Option* const certificate =
        serve
            ->add_option("--tls-certificate",
                         options->tls_certificate,
                         "Certificate as PEM, with those that lead to its root: https alone is "
                         "spoken then")
            ->type_name("FILE");
    CLI::Option* const key =
        serve
            ->add_option("--tls-key",
                         options->tls_key,
                         "The certificate's key as PEM, which not every user may read")
            ->needs(certificate)
            ->type_name("FILE");
    certificate->needs(key);
    serve->add_flag(
        "--open", options->open, "Ask nobody who they are: only for an address of this machine");
}

}  // namespace parnas::cli
