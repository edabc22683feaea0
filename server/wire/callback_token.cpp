#include "wire/callback_token.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace voicehook::wire {

namespace {

constexpr std::size_t longest_task_id = 128;

struct segment_parts {
    std::string_view task;
    std::string_view secret_id;
    std::string_view mac;
};

std::optional<segment_parts> split(std::string_view segment) {
    auto const first = segment.find('.');
    auto const last = segment.rfind('.');
    if (first == last || segment.find('.', first + 1) != last || first == 0 || first > longest_task_id)
        return std::nullopt;
    return segment_parts{segment.substr(0, first), segment.substr(first + 1, last - first - 1),
                         segment.substr(last + 1)};
}

std::string mac_of(hmac_key const& key, std::string_view task) {
    return to_base64url(key.mac(std::string{"callback/v1:"}.append(task)));
}

std::string proof_of(hmac_key const& key, std::string_view nonce) {
    return to_base64url(key.mac(std::string{"canary/v1:"}.append(nonce)));
}

}  // namespace

callback_tokens::callback_tokens(std::vector<callback_secret> secrets) {
    for (auto& [id, key] : secrets) secrets_.push_back({std::move(id), hmac_key{key.reveal()}});
}

std::string callback_tokens::sign(task_id const& id) const {
    auto const& signer = secrets_.front();
    return fmt::format("{}.{}.{}", id.value(), signer.id, mac_of(signer.key, id.value()));
}

std::optional<task_id> callback_tokens::verify(std::string_view segment) const {
    auto const parts = split(segment);
    if (!parts) return std::nullopt;
    // Every secret is tried to the end, so that the time tells neither which one was named nor whether it exists.
    auto genuine = 0;
    for (auto const& candidate : secrets_) {
        auto const named = static_cast<int>(candidate.id == parts->secret_id);
        auto const equal = static_cast<int>(equal_in_constant_time(mac_of(candidate.key, parts->task), parts->mac));
        genuine |= named & equal;
    }
    if (genuine == 0) return std::nullopt;
    return task_id{std::string{parts->task}};
}

std::string callback_tokens::prove(std::string_view nonce) const { return proof_of(secrets_.front().key, nonce); }

bool callback_tokens::proves(std::string_view nonce, std::string_view proof) const {
    auto proven = 0;
    for (auto const& candidate : secrets_)
        proven |= static_cast<int>(equal_in_constant_time(proof_of(candidate.key, nonce), proof));
    return proven != 0;
}

std::string without_callback_tokens(std::string_view text) {
    constexpr std::string_view token_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.%";
    constexpr std::array<std::string_view, 2> spellings{callback_path, "\\/callbacks\\/v1\\/"};
    auto out = std::string{text};
    for (auto const spelling : spellings) {
        for (auto found = out.find(spelling); found != std::string::npos; found = out.find(spelling, found)) {
            found += spelling.size();
            auto const end = std::min(out.find_first_not_of(token_characters, found), out.size());
            out.replace(found, end - found, "***");
        }
    }
    return out;
}

}  // namespace voicehook::wire
