// Who may operate: tokens, known as they are or by their SHA-256.
#pragma once

#include "base/secret.hpp"
#include "http/router.hpp"

#include <optional>
#include <string>
#include <vector>

namespace voicehook::api {

struct operator_account {
    std::string name;
    std::string token_sha256;  ///< lower-case hex
};

/// The guard of `/ops/v1/`: 401 without a known token, before routing; else the principal is the operator's name.
class operators {
public:
    explicit operators(std::vector<operator_account> accounts) : accounts_{std::move(accounts)} {}

    [[nodiscard]] std::optional<http::response> check(http::request& item) const;

private:
    std::vector<operator_account> accounts_;
};

}  // namespace voicehook::api
