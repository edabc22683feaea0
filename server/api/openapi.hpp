// GET /openapi.json: the caller API described for machines (OpenAPI 3.1).
#pragma once

#include "http/router.hpp"

#include <string_view>
#include <vector>

namespace voicehook::api {

/// The document, the same for every caller; no key is needed to read it.
[[nodiscard]] std::string_view openapi_document() noexcept;

[[nodiscard]] std::vector<http::route> openapi_routes();

}  // namespace voicehook::api
