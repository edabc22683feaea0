#include "client/public_path_client.hpp"

#include "wire/callback_token.hpp"

#include <utility>

namespace voicehook::client {
namespace {

constexpr std::size_t longest_answer = 4096;

class https_public_path final : public ports::public_path {
public:
    https_public_path(http_client& http, public_path_endpoint endpoint) : http_{http}, endpoint_{std::move(endpoint)} {}

    awaitable<result<ports::public_answer>> call_back(std::string token, std::string body) override;

private:
    http_client& http_;
    public_path_endpoint endpoint_;
};

awaitable<result<ports::public_answer>> https_public_path::call_back(std::string token, std::string body) {
    auto request = outbound_request{};
    request.method = "POST";
    auto parts = core::url_parts{};
    auto const url = endpoint_.base_url + std::string{wire::callback_path} + token;
    if (core::split_url(url, parts) == core::url_error::none) request.url = std::move(parts);
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = std::move(body);
    request.timeouts.total = endpoint_.timeout;
    request.max_response_body = longest_answer;

    auto answer = co_await http_.send(std::move(request));
    if (!answer) co_return fail(std::move(answer.error().why), "call our public URL");
    co_return ports::public_answer{.status = answer->status, .body = std::move(answer->body)};
}

}  // namespace

std::unique_ptr<ports::public_path> create_public_path_client(http_client& http, public_path_endpoint endpoint) {
    return std::make_unique<https_public_path>(http, std::move(endpoint));
}

}  // namespace voicehook::client
