// One request and its response, as handlers see them: no Beast, no sockets.
#pragma once

#include "base/time.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace voicehook::http {

namespace asio = boost::asio;
template <class T>
using awaitable = asio::awaitable<T>;

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header called `name`, in any letter case.
[[nodiscard]] std::optional<std::string_view> find_header(header_list const& headers, std::string_view name);

struct request {
    std::string method;  ///< "GET", "POST", …
    std::string path;    ///< as on the wire, without the query; begins with '/'
    std::string query;   ///< as on the wire, without '?'
    header_list headers;
    std::string body;                     ///< empty until the route's admission has passed
    std::string client_address;           ///< the peer's, or what a trusted proxy says of it
    std::string request_id;               ///< the client's X-Request-Id where it is safe, else ours
    std::vector<std::string> parameters;  ///< percent-decoded values of the route's {…} segments
    std::string principal;                ///< set by a guard: who this is (caller or operator)

    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
        return find_header(headers, name);
    }
    /// The percent-decoded query parameters in their order; nothing when an escape is broken.
    [[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> query_parameters() const;
};

/// Writes to an open event stream.
class stream_writer {
public:
    virtual ~stream_writer() = default;
    /// Sends bytes now. False when the client is gone or the service is stopping: return then.
    [[nodiscard]] virtual awaitable<bool> write(std::string bytes) = 0;
    /// Whether streams are to end (drain) or the client is gone.
    [[nodiscard]] virtual bool ended() const = 0;
};

/// Produces the body of a stream; the response ends when it returns.
using stream_function = std::function<awaitable<void>(stream_writer&)>;

struct response {
    int status{200};
    std::string content_type;  ///< empty: no body, no Content-Type
    std::string body;
    header_list headers;  ///< checked before they are written: a value with a control character is dropped and counted
    stream_function stream;  ///< when set, the body is what it writes (chunked)
};

/// application/json with a body.
[[nodiscard]] response json_response(int status, std::string body);

}  // namespace voicehook::http
