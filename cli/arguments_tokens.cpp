// SPDX-License-Identifier: Apache-2.0
#include "api/service/tokens.h"
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_create(Parser& parser, CLI::App& tokens) {
    const auto options = std::make_shared<TokensCreateOptions>();
    CLI::App* create =
        parser.add(tokens,
                   "create",
                   "Make a token, and show its secret this once or write it to a file",
                   "parnas tokens create gpu-farm --scope work --secret-file worker.token",
                   options);
    create->add_option("name", options->name, "Name of the token")->required()->type_name("NAME");
    create
        ->add_option("--scope",
                     options->scopes,
                     "What it is good for: read, submit, work, admin or metrics; may be repeated")
        ->required()
        ->type_name("SCOPE")
        ->check(CLI::IsMember(
            std::vector<std::string>(service::kScopes.begin(), service::kScopes.end())))
        ->allow_extra_args(false);
    create
        ->add_option("--project",
                     options->projects,
                     "Project that it is good for, else all; may be repeated")
        ->type_name("PROJECT")
        ->allow_extra_args(false);
    create->add_option("--study", options->study, "The only study that it is good for")
        ->type_name("STUDY");
    create
        ->add_option("--expires-in",
                     options->expires_in,
                     "Time after which it is worthless: 12h, 90d; never if left out")
        ->type_name("TIME");
    create
        ->add_option("--secret-file",
                     options->secret_file,
                     "File to write the secret to, which only its owner can read")
        ->type_name("FILE");
    add_force(*create, options->overwrite);
    add_server(*create, options->server);
}

}  // namespace

void add_tokens_commands(Parser& parser) {
    CLI::App* tokens = parser.app.add_subcommand("tokens", "Say who may use a server");
    tokens->footer("Example:\n  parnas tokens create me --scope read --scope submit");
    tokens->fallthrough();
    tokens->require_subcommand(1);
    add_create(parser, *tokens);
    const auto list = std::make_shared<TokensListOptions>();
    add_server(*parser.add(*tokens,
                           "list",
                           "List all tokens, also those that are worthless by now",
                           "parnas tokens list --store lab.db",
                           list),
               list->server);
    const auto revoke = std::make_shared<TokensRevokeOptions>();
    CLI::App* revoked = parser.add(*tokens,
                                   "revoke",
                                   "Make a token worthless, also for a server that runs",
                                   "parnas tokens revoke gpu-farm",
                                   revoke);
    revoked->add_option("token", revoke->token, "Name or id of the token")
        ->required()
        ->type_name("TOKEN");
    add_server(*revoked, revoke->server);
}

}  // namespace parnas::cli
