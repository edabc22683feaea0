#include "api/callers.hpp"

#include "api/answers.hpp"
#include "wire/digest.hpp"

namespace voicehook::api {
namespace {

http::response unauthorized() {
    auto answer = problem_response(401, "unauthorized", "Send a known API key as Authorization: Bearer <key>.");
    answer.headers.emplace_back("WWW-Authenticate", "Bearer");
    return answer;
}

http::response too_fast(duration wait) {
    auto answer = problem_response(429, "rate_limit_exceeded", "Too many requests per second; try again later.");
    answer.headers.emplace_back("Retry-After", retry_after_value(wait));
    return answer;
}

}  // namespace

callers::callers(ports::clock const& clock, std::vector<caller_account> accounts) : clock_{clock} {
    replace(std::move(accounts));
}

void callers::replace(std::vector<caller_account> accounts) {
    std::map<caller_name, entry> wanted;
    for (auto& account : accounts) {
        auto const known = entries_.find(account.name);
        auto const unchanged =
            known != entries_.end() && known->second.account.requests_per_second == account.requests_per_second;
        auto bucket = unchanged ? known->second.bucket : core::token_bucket{account.requests_per_second, clock_.now()};
        auto const name = account.name;
        wanted.emplace(name, entry{std::move(account), bucket});
    }
    entries_ = std::move(wanted);
}

callers::entry* callers::authenticate(std::string_view key) {
    auto const digest = wire::sha256_hex(key);
    entry* found = nullptr;
    for (auto& [name, candidate] : entries_)  // all of them, always: time must not tell which one matched
        for (auto const& known : candidate.account.key_sha256)
            if (equal_in_constant_time(known, digest)) found = &candidate;
    return found;
}

std::optional<http::response> callers::check(http::request& item) {
    auto const key = bearer_token(item);
    auto* caller = key ? authenticate(*key) : nullptr;
    if (caller == nullptr) return unauthorized();
    auto const wait = caller->bucket.take(clock_.now());
    if (wait) return too_fast(*wait);
    item.principal = caller->account.name.value();
    return std::nullopt;
}

caller_account const* callers::find(caller_name const& name) const {
    auto const entry = entries_.find(name);
    return entry == entries_.end() ? nullptr : &entry->second.account;
}

secret callers::signing_key(caller_name const& name) const {
    auto const* account = find(name);
    return account == nullptr ? secret{} : account->signing_key;
}

}  // namespace voicehook::api
