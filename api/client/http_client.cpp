// SPDX-License-Identifier: Apache-2.0
#include "api/client/http_client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <ctime>
#include <functional>
#include <pthread.h>
#include <regex>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "core/error.h"
#include "core/hash.h"

namespace parnas::client {
namespace {

// A server that closes the connection while the library writes would otherwise end the process:
// it writes without MSG_NOSIGNAL. What the process does about the signal elsewhere stays as it is.
class NoSigpipe {
  public:
    NoSigpipe() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~NoSigpipe() {
        if (sigismember(&before_, SIGPIPE) == 0) {
            const timespec at_once{};
            while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
            }
        }
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;

  private:
    sigset_t pipe_{};
    sigset_t before_{};
};

// While it lives, a stop ends what `connection` does. It is told so again until it has: the library
// does not hear it before it has connected.
class Interrupt {
  public:
    Interrupt(const std::stop_token& stop, httplib::Client& connection)
        : connection_(connection), callback_(stop, [this] { interrupt(); }) {}
    ~Interrupt() { over_ = true; }
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

  private:
    void interrupt() {
        // Else it came before there was anything to end.
        while (std::this_thread::get_id() != owner_ && !over_) {
            connection_.stop();
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }

    httplib::Client& connection_;
    std::thread::id owner_ = std::this_thread::get_id();
    std::atomic<bool> over_ = false;
    std::stop_callback<std::function<void()>> callback_;
};

// Seconds; the other form, a date, needs a clock that both sides share.
std::optional<Seconds> seconds_of(const std::string& text) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size() || seconds < 0)
        return std::nullopt;
    return Seconds(seconds);
}

// A POST whose answer's body ends at `call.longest_answer` bytes or after `call.timeout`.
httplib::Result post_bounded(httplib::Client& connection,
                             const Call& call,
                             const std::string& path,
                             const httplib::Headers& headers) {
    const auto start = std::chrono::steady_clock::now();
    std::string body;
    httplib::Request request;
    request.method = "POST";
    request.path = path;
    request.headers = headers;
    request.set_header("Content-Type", call.content_type);
    request.body = call.body;
    request.content_receiver =
        [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
            body.append(data, size);
            return body.size() <= *call.longest_answer &&
                   (!call.timeout || std::chrono::steady_clock::now() - start <= *call.timeout);
        };
    httplib::Result result = connection.send(request);
    if (result)
        result->body = std::move(body);
    return result;
}

httplib::Result exchange(httplib::Client& connection,
                         const Call& call,
                         const std::string& path,
                         const httplib::Headers& headers) {
    if (call.method == "GET")
        return connection.Get(path, headers);
    if (call.method == "PUT")
        return connection.Put(path, headers, call.body, call.content_type);
    if (call.method == "PATCH")
        return connection.Patch(path, headers, call.body, call.content_type);
    if (call.method == "DELETE")
        return connection.Delete(path, headers);
    check(call.method == "POST", "a method that HttpClient does not have");
    if (call.longest_answer)
        return post_bounded(connection, call, path, headers);
    return connection.Post(path, headers, call.body, call.content_type);
}

bool is_https(std::string_view url) {
    return url.starts_with("https:");
}

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

constexpr bool kHasTls = true;

// TLS 1.2 or newer, with a certificate that those of `ca_file` vouch for.
void secure(httplib::Client& connection, const std::filesystem::path& ca_file) {
    SSL_CTX_set_min_proto_version(connection.ssl_context(), TLS1_2_VERSION);
    if (!ca_file.empty())
        connection.set_ca_cert_path(ca_file.string());
}

// Throws what another try would not better.
void check_trust(const httplib::Client& connection,
                 httplib::Error error,
                 const HttpClientOptions& options) {
    if (error == httplib::Error::SSLLoadingCerts)
        throw Error(ErrorKind::invalid_input,
                    "expected certificates as PEM",
                    options.ca_file.empty() ? "$SSL_CERT_FILE" : options.ca_file.string());
    if (error != httplib::Error::SSLServerVerification)
        return;
    const long found = connection.get_openssl_verify_result();
    throw Error(ErrorKind::unauthorized,
                found == X509_V_OK
                    ? "the server's certificate is for another host"
                    : fmt::format("the server's certificate is not trusted ({}): --ca-file or "
                                  "$SSL_CERT_FILE names those who vouch for it",
                                  X509_verify_cert_error_string(found)),
                options.url);
}

#else

constexpr bool kHasTls = false;

void secure(httplib::Client&, const std::filesystem::path&) {}
void check_trust(const httplib::Client&, httplib::Error, const HttpClientOptions&) {}

#endif

}  // namespace

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const bool unreserved = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                (c >= 'a' && c <= 'z') ||
                                std::string_view("-._~").find(c) != std::string_view::npos;
        encoded +=
            unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {
    static const std::regex kUrl(
        R"((https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?)(/[^?#]*)?)");
    std::smatch parts;
    if (!std::regex_match(options_.url, parts, kUrl))
        throw Error(ErrorKind::invalid_input, "expected a URL like http://host:8080", options_.url);
    server_ = parts[1];
    prefix_ = parts[4];
    if (is_https(server_) && !kHasTls)
        throw Error(ErrorKind::invalid_input, "this parnas was built without TLS", options_.url);
    if (!options_.ca_file.empty() && !is_https(server_))
        throw Error(ErrorKind::invalid_input,
                    "only https servers have certificates to be checked",
                    options_.url);
    if (!options_.ca_file.empty() && !std::filesystem::exists(options_.ca_file))
        throw Error(ErrorKind::not_found, "there is no such file", options_.ca_file.string());
    while (prefix_.ends_with('/'))
        prefix_.pop_back();
}

HttpClient::~HttpClient() = default;

std::unique_ptr<httplib::Client> HttpClient::take() {
    {
        const MutexLock lock(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    return connect();
}

std::unique_ptr<httplib::Client> HttpClient::connect() const {
    auto connection = std::make_unique<httplib::Client>(server_);
    connection->set_keep_alive(true);
    connection->set_tcp_nodelay(true);
    connection->set_url_encode(false);
    connection->set_connection_timeout(
        std::chrono::ceil<std::chrono::microseconds>(options_.connect));
    if (options_.token)
        connection->set_bearer_token_auth(*options_.token);
    if (is_https(server_))
        secure(*connection, options_.ca_file);
    return connection;
}

void HttpClient::give_back(std::unique_ptr<httplib::Client> connection) {
    const MutexLock lock(mutex_);
    idle_.push_back(std::move(connection));
}

Answer HttpClient::send(const Call& call, const std::stop_token& stop) {
    const auto unavailable = [&](const std::string& why) {
        return Error(ErrorKind::unavailable, "the server cannot be reached: " + why, options_.url);
    };
    const NoSigpipe no_sigpipe;
    auto connection = take();
    const auto longest = std::chrono::ceil<std::chrono::microseconds>(
        call.timeout.value_or(options_.answer + call.wait));
    connection->set_read_timeout(longest);
    connection->set_write_timeout(longest);
    httplib::Headers headers;
    if (!call.key.empty())
        headers.emplace("Idempotency-Key", call.key);
    if (!call.if_match.empty())
        headers.emplace("If-Match", call.if_match);
    httplib::Result result = [&] {
        const Interrupt interrupt(stop, *connection);
        if (stop.stop_requested())
            throw unavailable("interrupted");
        return exchange(*connection, call, prefix_ + call.path, headers);
    }();
    if (!result)
        check_trust(*connection, result.error(), options_);
    if (!result)
        throw unavailable(stop.stop_requested() ? "interrupted"
                                                : httplib::to_string(result.error()));
    if (!stop.stop_requested())
        give_back(std::move(connection));
    return {.status = result->status,
            .body = std::move(result->body),
            .retry_after = result->has_header("Retry-After")
                               ? seconds_of(result->get_header_value("Retry-After"))
                               : std::nullopt,
            .etag = result->get_header_value("ETag")};
}

std::string HttpClient::new_key() {
    const std::array words = {options_.seed, ++drawn_};
    return to_string(hash_words(words));
}

double HttpClient::chance() {
    const std::array words = {options_.seed, ++drawn_};
    return static_cast<double>(hash_words(words).low >> 11) * 0x1p-53;
}

}  // namespace parnas::client
