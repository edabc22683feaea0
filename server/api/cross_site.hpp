// Keeps other sites' pages from acting through an operator's browser.
#pragma once

#include "http/exchange.hpp"

#include <optional>

namespace voicehook::api {

/// A guard: 403 for a request that a browser made for another site's page. It says so by `Sec-Fetch-Site: cross-site`
/// or `same-site`, or by an `Origin` that is not the one the request went to (scheme aside: TLS may end in front of
/// us). Whoever is no browser sends neither. Source: W3C Fetch Metadata, 2.3; RFC 6454, 7.
[[nodiscard]] std::optional<http::response> refuse_cross_site(http::request const& item);

}  // namespace voicehook::api
