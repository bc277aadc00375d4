#include "lib/base/handle.hpp"
#include "lib/base/text.hpp"
#include "lib/http/http.hpp"
#include "lib/http/url.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <new>

namespace loomrel::http {

namespace {

using EasyHandle = Handle<CURL, curl_easy_cleanup>;
using ListHandle = Handle<curl_slist, curl_slist_free_all>;
using MimeHandle = Handle<curl_mime, curl_mime_free>;

constexpr std::size_t k_longest_headers = std::size_t{256} << 10;
// A connection that has been idle for longer may be dead without our knowing (faults.md 5).
constexpr long k_idle_seconds = 20;

void start_curl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) {
        throw std::bad_alloc();
    }
}

// A value with a line break would end the header and begin another.
bool fits_header(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char letter) {
        return letter == '\r' || letter == '\n' || letter == '\0';
    });
}

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 307 || status == 308;
}

} // namespace

std::optional<std::string> Response::header(std::string_view name) const {
    const auto found = std::find_if(
        headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
    return found == headers.end() ? std::nullopt : std::optional(found->second);
}

struct Client::State {
    EasyHandle easy;
};

// One request to one URL, redirects apart.
class Client::Transfer {
public:
    Transfer(CURL* easy, const Request& request, CURLU* url, Milliseconds timeout)
        : m_easy(easy),
          m_request(request),
          m_url(url),
          m_timeout(timeout) {}

    Response run();

private:
    template <typename Value> void set(CURLoption option, Value value) {
        if (curl_easy_setopt(m_easy, option, value) != CURLE_OK) {
            throw std::bad_alloc();
        }
    }

    void set_up();
    void set_headers();
    void set_body();
    void take_header(std::string_view line);
    [[nodiscard]] Failure failure(CURLcode code) const;
    [[nodiscard]] std::string detail(CURLcode code) const;

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int
    on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up);

    CURL* m_easy;
    const Request& m_request;
    CURLU* m_url;
    Milliseconds m_timeout;
    ListHandle m_headers;
    MimeHandle m_mime;
    Response m_response;
    std::size_t m_header_bytes = 0;
    bool m_too_large = false;
    bool m_cancelled = false;
    bool m_stopped_without_tls = false;
    bool m_tried_near = false; // of several addresses one is near: what it says is the reason
    std::array<char, CURL_ERROR_SIZE> m_error{};
};

std::size_t Client::Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t bytes = size * count;
    if (transfer.m_response.body.size() + bytes > transfer.m_request.longest_answer) {
        transfer.m_too_large = true;
        return 0;
    }
    transfer.m_response.body.append(data, bytes);
    return bytes;
}

std::size_t
Client::Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const std::size_t bytes = size * count;
    transfer.m_header_bytes += bytes;
    if (transfer.m_header_bytes > k_longest_headers) {
        transfer.m_too_large = true;
        return 0;
    }
    transfer.take_header({data, bytes});
    return bytes;
}

int Client::Transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.m_cancelled = transfer.m_request.cancelled();
    return transfer.m_cancelled ? 1 : 0;
}

// The address that is about to be connected to: a name may lead anywhere.
curl_socket_t
Client::Transfer::on_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (!is_near(address->addr)) {
        transfer.m_stopped_without_tls = true;
        return CURL_SOCKET_BAD;
    }
    transfer.m_tried_near = true;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void Client::Transfer::take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
        m_response.headers.clear(); // those before were of a 1xx
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
        m_response.headers.emplace_back(to_lower(trim(line.substr(0, colon))),
                                        std::string(trim(line.substr(colon + 1))));
    }
}

void Client::Transfer::set_headers() {
    const auto add = [this](const std::string& line) {
        curl_slist* longer = curl_slist_append(m_headers.get(), line.c_str());
        if (longer == nullptr) {
            throw std::bad_alloc();
        }
        static_cast<void>(m_headers.release());
        m_headers.reset(longer);
    };
    add("Expect:"); // a second lost to servers that do not know 100-continue
    for (const Header& header : m_request.headers) {
        add(header.name + ": " + header.value.reveal());
    }
    set(CURLOPT_HTTPHEADER, m_headers.get());
}

void Client::Transfer::set_body() {
    if (!m_request.parts.empty()) {
        m_mime.reset(curl_mime_init(m_easy));
        for (const Part& part : m_request.parts) {
            curl_mimepart* field = curl_mime_addpart(m_mime.get());
            curl_mime_name(field, part.name.c_str());
            curl_mime_data(field, part.data.data(), part.data.size());
            if (!part.file_name.empty()) {
                curl_mime_filename(field, part.file_name.c_str());
            }
            if (!part.content_type.empty()) {
                curl_mime_type(field, part.content_type.c_str());
            }
        }
        set(CURLOPT_MIMEPOST, m_mime.get());
    } else if (!m_request.body.empty() || m_request.method != "GET") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(m_request.body.size()));
        set(CURLOPT_POSTFIELDS, m_request.body.data());
    }
    set(CURLOPT_CUSTOMREQUEST, m_request.method.c_str());
}

void Client::Transfer::set_up() {
    curl_easy_reset(m_easy); // connections stay
    set(CURLOPT_CURLU, m_url);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_USERAGENT, "loomrel/" LOOMREL_VERSION);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    if (!authorities_file().empty()) {
        set(CURLOPT_CAINFO, authorities_file().c_str());
    }
    if (scheme_of(m_url) == "http" && m_request.without_tls == WithoutTls::near) {
        set(CURLOPT_OPENSOCKETFUNCTION, on_socket);
        set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
        set(CURLOPT_NOPROXY, "*"); // a proxy would carry it on from here to anywhere
    }
    set(CURLOPT_QUICK_EXIT, 1L); // a name server that hangs does not hold us up at the end
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_MAXAGE_CONN, k_idle_seconds);
    set(CURLOPT_FRESH_CONNECT, m_request.only_once ? 1L : 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(m_request.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<Milliseconds::rep>(m_timeout.count(), 1)));
    set(CURLOPT_ERRORBUFFER, m_error.data());
    set(CURLOPT_WRITEFUNCTION, on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    if (m_request.cancelled) {
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, on_progress);
        set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
    }
    set_headers();
    set_body();
}

// libcurl's words, if they do not repeat what must not be shown.
std::string Client::Transfer::detail(CURLcode code) const {
    std::string text = sanitize_line(m_error.data());
    const std::string target = target_of(m_url);
    bool tells = target.size() > 1 && text.find(target) != std::string::npos;
    for (const Header& header : m_request.headers) {
        const std::string& value = header.value.reveal();
        tells = tells || (value.size() > 3 && text.find(value) != std::string::npos);
    }
    return text.empty() || tells ? curl_easy_strerror(code) : text;
}

Failure Client::Transfer::failure(CURLcode code) const {
    // Counts the request's own bytes only, after the TLS handshake: none = it never left.
    long sent_bytes = 1;
    curl_easy_getinfo(m_easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    const bool sent = sent_bytes > 0;
    const std::string host = sanitize_line(host_of(m_url));
    if (m_too_large) {
        return {Failure::Kind::answer_too_large,
                true,
                {"ответ " + host + " слишком велик", "the answer of " + host + " is too large"}};
    }
    if (m_cancelled) {
        return {Failure::Kind::cancelled,
                sent,
                {"запрос к " + host + " прерван", "the request to " + host + " was cancelled"}};
    }
    if (m_stopped_without_tls && !m_tried_near && !sent) {
        const auto port = static_cast<std::uint16_t>(parse_integer(port_of(m_url)).value_or(0));
        const std::string line = "LOOMREL_INSECURE=" + cleartext_place(host, port);
        return {Failure::Kind::no_tls,
                false,
                {host
                     + " — не в частной сети, а адрес без TLS: нужен https; если можно и без него, "
                       "впишите в .env.servers строку "
                     + line,
                 host
                     + " is in no private network, and its address has no TLS: use https, or, if "
                       "it may go without, write this line into .env.servers: "
                     + line}};
    }
    const std::string why = detail(code);
    if (!sent) {
        return {Failure::Kind::connect,
                false,
                {"нет связи с " + host + ": " + why, "no connection to " + host + ": " + why}};
    }
    return {Failure::Kind::no_answer,
            true,
            {"нет ответа от " + host + ": " + why, "no answer from " + host + ": " + why}};
}

Response Client::Transfer::run() {
    set_up();
    const CURLcode code = curl_easy_perform(m_easy);
    if (code != CURLE_OK) {
        throw Failure(failure(code));
    }
    long status = 0;
    curl_easy_getinfo(m_easy, CURLINFO_RESPONSE_CODE, &status);
    m_response.status = static_cast<int>(status);
    // What it points to ends with this object.
    curl_easy_reset(m_easy);
    return std::move(m_response);
}

Client::Client()
    : m_state(std::make_unique<State>()) {}

Client::~Client() = default;

Response Client::send(const Request& request) {
    start_curl();
    if (!m_state->easy) {
        m_state->easy.reset(curl_easy_init());
    }
    const UrlHandle url = parse_url(request.url);
    const std::string origin = url ? origin_of(url.get()) : "";
    const bool sendable =
        std::all_of(request.headers.begin(), request.headers.end(), [](const Header& header) {
            return fits_header(header.name) && fits_header(header.value.reveal());
        });
    if (origin.empty() || !sendable || !m_state->easy) {
        throw Failure(
            Failure::Kind::bad_request,
            false,
            {"адрес или заголовок запроса непригоден", "the request's URL or header is unusable"});
    }
    const Deadline deadline = deadline_in(request.timeout);
    for (int hop = 0;; ++hop) {
        Transfer transfer(m_state->easy.get(), request, url.get(), left_until(deadline));
        Response response = transfer.run();
        const auto location = response.header("location");
        if (!is_redirect(response.status) || !location || hop >= request.redirects) {
            return response;
        }
        // Relative to where we are; the secrets go along, so it must be the same place.
        if (curl_url_set(url.get(), CURLUPART_URL, location->c_str(), 0) != CURLUE_OK
            || origin_of(url.get()) != origin) {
            return response;
        }
    }
}

} // namespace loomrel::http
