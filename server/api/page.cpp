#include "api/page.hpp"

#include "api/answers.hpp"
#include "wire/digest.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace voicehook::api {
namespace {

constexpr std::string_view shell = "index.html";
constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

/// By the end of a file's name.
constexpr auto media_types = std::array{
    std::pair<std::string_view, std::string_view>{".html", "text/html; charset=utf-8"},
    std::pair<std::string_view, std::string_view>{".css", "text/css; charset=utf-8"},
    std::pair<std::string_view, std::string_view>{".js", "text/javascript; charset=utf-8"},
    std::pair<std::string_view, std::string_view>{".svg", "image/svg+xml"},
};

std::string_view media_type_of(std::string_view name) {
    auto const fits = [name](auto const& entry) { return name.ends_with(entry.first); };
    auto const* const found = std::ranges::find_if(media_types, fits);
    return found == media_types.end() ? "application/octet-stream" : found->second;
}

/// Whether `If-None-Match` names this version; caches may have made it a weak one.
bool is_known(http::request const& item, std::string_view etag) {
    auto const known = item.header("If-None-Match");
    return known && (*known == "*" || known->find(etag) != std::string_view::npos);
}

http::response file_response(http::request const& item, page_file const& file) {
    auto const etag = '"' + wire::sha256_hex(file.bytes).substr(0, 32) + '"';
    http::response answer;
    answer.headers = {{"Cache-Control", "no-cache"},
                      {"ETag", etag},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Content-Security-Policy", std::string{content_security_policy}}};
    if (is_known(item, etag)) {
        answer.status = 304;
        return answer;
    }
    answer.content_type = media_type_of(file.name);
    answer.body = file.bytes;
    return answer;
}

http::response find_file(http::request const& item, std::string_view name) {
    auto const files = page_files();
    auto const found = std::ranges::find(files, name, &page_file::name);
    if (found == files.end()) return problem_response(404, "not_found", "The page has no such file.");
    return file_response(item, *found);
}

http::awaitable<http::response> serve_shell(http::request item) { co_return find_file(item, shell); }

http::awaitable<http::response> serve_file(http::request item) { co_return find_file(item, item.parameters.front()); }

/// Relative, so that it also leads there below a proxy's path.
http::awaitable<http::response> lead_to_shell(http::request) {
    http::response answer;
    answer.status = 308;
    answer.headers.emplace_back("Location", "ops/");
    co_return answer;
}

http::route reading(std::string pattern, http::awaitable<http::response> (*handle)(http::request)) {
    return {.method = "GET",
            .pattern = std::move(pattern),
            .body = {},
            .admit = {},
            .handle = handle,
            .on_body_refused = {}};
}

}  // namespace

std::vector<http::route> page_routes() {
    return {reading("/ops", &lead_to_shell), reading("/ops/", &serve_shell), reading("/ops/page/{file}", &serve_file)};
}

}  // namespace voicehook::api
