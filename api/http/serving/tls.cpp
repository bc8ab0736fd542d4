// SPDX-License-Identifier: Apache-2.0
#include "api/http/serving/tls.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <new>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <utility>

#include "core/error.h"

namespace parnas::http {
namespace {

// What those hear who speak HTTP to a port that speaks TLS.
constexpr std::string_view kSpeakTls =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    "this port speaks TLS: ask by https://\n";

template <auto function>
struct Free {
    template <typename T>
    void operator()(T* object) const {
        function(object);
    }
};
using ContextPointer = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SessionPointer = std::unique_ptr<SSL, Free<SSL_free>>;
using MethodPointer = std::unique_ptr<BIO_METHOD, Free<BIO_meth_free>>;

template <typename T>
T* checked(T* object) {
    if (object == nullptr)
        throw std::bad_alloc();
    return object;
}

// The reason of the last failure of this thread, which is forgotten.
std::string last_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    std::string text = reason == nullptr ? "unknown reason" : reason;
    ERR_clear_error();
    return text;
}

// --- the socket, as OpenSSL uses it ---------------------------------------------------------
// Its own writes without MSG_NOSIGNAL.

int socket_of(BIO* bio) {
    return static_cast<const Channel*>(BIO_get_data(bio))->socket();
}

template <typename Call>
int without_waiting(BIO* bio, int retry_flag, const Call& call) {
    BIO_clear_retry_flags(bio);
    const auto count = call();
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
    return static_cast<int>(count);
}

int write_socket(BIO* bio, const char* data, int size) {
    return without_waiting(bio, BIO_FLAGS_WRITE, [&] {
        return send(
            socket_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    });
}

int read_socket(BIO* bio, char* data, int size) {
    return without_waiting(bio, BIO_FLAGS_READ, [&] {
        return recv(socket_of(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
    });
}

long control_socket(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

MethodPointer make_socket_method() {
    MethodPointer method(
        checked(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket")));
    BIO_meth_set_write(method.get(), write_socket);
    BIO_meth_set_read(method.get(), read_socket);
    BIO_meth_set_ctrl(method.get(), control_socket);
    return method;
}

// --- files ----------------------------------------------------------------------------------

void require_readable(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file))
        throw Error(ErrorKind::not_found, "there is no such file", file.string());
    if (!std::ifstream(file))
        throw Error(ErrorKind::unauthorized, "the file may not be read", file.string());
}

void require_private(const std::filesystem::path& file) {
    struct stat status {};
    if (stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0)
        throw Error(ErrorKind::unauthorized,
                    "every user of this machine can read the key: chmod o= it",
                    file.string());
}

// Nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

void load(SSL_CTX* context, const TlsFiles& files) {
    require_readable(files.certificate);
    require_readable(files.key);
    require_private(files.key);
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    const auto refuse = [](const std::string& what, const std::filesystem::path& file) {
        throw Error(ErrorKind::invalid_input, what + " (" + last_reason() + ")", file.string());
    };
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        refuse("expected a certificate as PEM", files.certificate);
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        refuse("expected the certificate's key as PEM, without a passphrase", files.key);
}

// --- connections ----------------------------------------------------------------------------

class TlsChannel final : public Channel {
  public:
    TlsChannel(Descriptor socket, SSL_CTX* context, const BIO_METHOD* method)
        : Channel(std::move(socket)), session_(checked(SSL_new(context))) {
        BIO* bio = checked(BIO_new(method));
        BIO_set_data(bio, static_cast<Channel*>(this));
        BIO_set_init(bio, 1);
        SSL_set_bio(session_.get(), bio, bio);
        SSL_set_accept_state(session_.get());
    }
    ~TlsChannel() override { say_end(); }

    std::optional<std::size_t> send_now(std::string_view bytes) override {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            std::size_t count = 0;
            ERR_clear_error();
            const int code =
                SSL_write_ex(session_.get(), bytes.data() + sent, bytes.size() - sent, &count);
            if (code != 1)
                return waits(code) ? std::optional(sent) : std::nullopt;
            sent += count;
        }
        return sent;
    }

    std::optional<std::size_t> receive_now(char* buffer, std::size_t size) override {
        std::size_t count = 0;
        ERR_clear_error();
        const int code = SSL_read_ex(session_.get(), buffer, size, &count);
        if (code == 1)
            return count;
        if (waits(code))
            return std::nullopt;
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST)
            explain();
        return 0;
    }

    bool gives_all() const override { return false; }

    void end_sending() override {
        say_end();
        shutdown(socket(), SHUT_WR);
    }

  private:
    // Whether to go on when the socket has or takes something; else all is over.
    bool waits(int code) {
        const int why = SSL_get_error(session_.get(), code);
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return true;
        broken_ = broken_ || why != SSL_ERROR_ZERO_RETURN;
        return false;
    }

    // So that the client knows that nothing was cut off. It is told once, and not if it is slow to
    // listen.
    void say_end() {
        if (broken_ || SSL_is_init_finished(session_.get()) == 0)
            return;
        broken_ = true;
        ERR_clear_error();
        SSL_shutdown(session_.get());
        ERR_clear_error();
    }

    // In the clear. What came is taken, though not for ever: what is not makes the system break the
    // connection before the answer is read.
    void explain() {
        http::send_now(socket(), kSpeakTls);
        shutdown(socket(), SHUT_WR);
        constexpr int kMost = 16;
        std::array<char, 4096> rest;
        for (int i = 0; i < kMost; ++i)
            if (http::receive_now(socket(), rest.data(), rest.size()).value_or(0) == 0)
                return;
    }

    SessionPointer session_;
    bool broken_ = false;  // or at its end
};

class OpenSsl final : public Tls {
  public:
    explicit OpenSsl(const TlsFiles& files) {
        SSL_CTX* const context = context_.get();
        SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
        // What is left of an answer comes from another buffer, and idle connections need none.
        SSL_CTX_set_mode(context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(context, 1);
        // Clients may resume by tickets, which cost the server no memory.
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        load(context, files);
    }

    std::unique_ptr<Channel> accept(Descriptor socket) const override {
        return std::make_unique<TlsChannel>(std::move(socket), context_.get(), method_.get());
    }

  private:
    ContextPointer context_{checked(SSL_CTX_new(TLS_server_method()))};
    MethodPointer method_ = make_socket_method();
};

}  // namespace

std::unique_ptr<Tls> make_tls(const TlsFiles& files) {
    return std::make_unique<OpenSsl>(files);
}

}  // namespace parnas::http
