#include "api/operators.hpp"

#include "api/answers.hpp"
#include "wire/digest.hpp"

namespace voicehook::api {

std::optional<http::response> operators::check(http::request& item) const {
    auto const token = bearer_token(item);
    auto const digest = wire::sha256_hex(token.value_or(""));
    std::string const* name = nullptr;
    for (auto const& account : accounts_)  // all of them, always: time must not tell which one matched
        if (equal_in_constant_time(account.token_sha256, digest)) name = &account.name;
    if (!token || name == nullptr) {
        auto answer = problem_response(401, "unauthorized", "Send an operator token as Authorization: Bearer <token>.");
        answer.headers.emplace_back("WWW-Authenticate", "Bearer");
        return answer;
    }
    item.principal = *name;
    return std::nullopt;
}

}  // namespace voicehook::api
