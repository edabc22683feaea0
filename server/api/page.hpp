// GET /ops/: the operators' page, a static shell without data. It asks for the token and then uses /ops/v1 itself.
#pragma once

#include "http/router.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace voicehook::api {

/// One file of `api/page`, compiled into the binary.
struct page_file {
    std::string_view name;  ///< "main.js"
    std::string_view bytes;
};

/// Every file of the page; `index.html` is among them.
[[nodiscard]] std::span<page_file const> page_files() noexcept;

/// `/ops/` is index.html, `/ops` leads there, `/ops/page/{file}` are the others. None needs a token, each is
/// revalidated by its ETag. The page may load and call nothing but its own origin, and be framed by nobody.
[[nodiscard]] std::vector<http::route> page_routes();

}  // namespace voicehook::api
