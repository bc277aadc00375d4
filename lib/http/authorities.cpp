#include "lib/http/http.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>

namespace loomrel::http {

namespace {

// Debian, Ubuntu, Arch, Gentoo · Fedora, RHEL · openSUSE · Alpine · openSUSE of old.
constexpr std::array k_authorities{"/etc/ssl/certs/ca-certificates.crt",
                                   "/etc/pki/tls/certs/ca-bundle.crt",
                                   "/etc/ssl/ca-bundle.pem",
                                   "/etc/ssl/cert.pem",
                                   "/var/lib/ca-certificates/ca-bundle.pem"};

} // namespace

const std::string& authorities_file() {
    static const std::string found = [] {
        // OpenSSL reads it by itself; libcurl has a path built in and passes that.
        if (const char* chosen = std::getenv("SSL_CERT_FILE"); chosen != nullptr && *chosen != 0) {
            return std::string(chosen);
        }
        for (const char* file : k_authorities) {
            if (::access(file, R_OK) == 0) {
                return std::string(file);
            }
        }
        return std::string();
    }();
    return found;
}

} // namespace loomrel::http
