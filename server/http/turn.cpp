#include "http/turn.hpp"

#include "base/random.hpp"
#include "http/message_text.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace voicehook::http {
namespace {

constexpr std::size_t unexpected_body_limit = 64 * 1024;

std::string make_request_id() {
    auto const now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    return make_uuid_v7(now, random_entropy());
}

std::vector<std::string_view> values_of(header_list const& headers, std::string_view name) {
    auto values = std::vector<std::string_view>{};
    for (auto const& [key, value] : headers)
        if (equal_ignoring_case(key, name)) values.push_back(value);
    return values;
}

request make_request(parsed_head& head, session_context const& context, introduction const& client) {
    auto item = request{.method = head.method, .headers = std::move(head.headers)};
    auto const question_mark = head.target.find('?');
    item.path = head.target.substr(0, question_mark);
    if (question_mark != head.target.npos) item.query = head.target.substr(question_mark + 1);

    auto const is_heard = client.forwarded == introduction::forwarding::by_trust;
    auto const forwarded = is_heard ? values_of(item.headers, "X-Forwarded-For") : std::vector<std::string_view>{};
    item.client_address = client_address(client.peer, forwarded, context.trusted_proxies).to_string();
    auto const offered = item.header("X-Request-Id");
    item.request_id = offered && is_safe_request_id(*offered) ? std::string{*offered} : make_request_id();
    return item;
}

/// 404, 405 or 400.
response refuse_route(match const& where, session_context const& context) {
    if (where.status == 405) {
        context.reject(refusal_reason::method_not_allowed);
        auto answer = context.routes.error(405, "method_not_allowed", "This path does not serve this method.");
        answer.headers.emplace_back("Allow", where.allow);
        return answer;
    }
    if (where.status == 400) {
        context.reject(refusal_reason::bad_request);
        return context.routes.error(400, "invalid_request", "The path holds a broken escape.");
    }
    context.reject(refusal_reason::not_found);
    return context.routes.error(404, "not_found", "There is nothing here.");
}

std::optional<response> refuse_body_by_head(turn& now, session_context const& context) {
    auto const limit = body_limit(now);
    if (now.head.content_length > limit)
        return refuse_body(now, context, 413, to_text(refusal_reason::too_large),
                           fmt::format("The body may have at most {} bytes.", limit));
    auto const& rule = now.found->body;
    if (rule.limit == 0 || rule.type != body_rule::media::json) return std::nullopt;
    auto const media = now.item.header("Content-Type");
    if (media && is_json_media(*media)) return std::nullopt;
    return refuse_body(now, context, 415, to_text(refusal_reason::unsupported_media_type),
                       "The body must be application/json.");
}

std::string_view error_code_of(int status) {
    switch (status) {
        case 408: return "request_timeout";
        case 413: return "request_too_large";
        case 415: return "unsupported_media_type";
        default: return "invalid_request";
    }
}

}  // namespace

std::expected<turn, gate_reason> begin_turn(std::string_view block, session_context const& context,
                                            introduction const& client) {
    if (auto const refused = check_head(block)) return std::unexpected{*refused};
    auto now = turn{.parser = create_request_parser()};
    auto head = now.parser->take_head(block);
    if (!head) return std::unexpected{gate_reason::parser};
    now.head = std::move(*head);
    now.item = make_request(now.head, context, client);
    now.request_id = now.item.request_id;
    now.body = now.head.chunked ? body_gate::chunked() : body_gate::sized(now.head.content_length.value_or(0));
    now.is_read = now.body.finished();
    return now;
}

std::optional<response> refuse_by_head(turn& now, session_context const& context) {
    if (auto refusal = context.routes.check_guards(now.item)) {
        context.reject(refusal->reason);
        return std::move(refusal->answer);
    }
    auto where = context.routes.find(now.item.method, now.item.path);
    if (where.found == nullptr) return refuse_route(where, context);
    now.found = where.found;
    now.item.parameters = std::move(where.parameters);

    if (now.found->admit) {
        if (auto refusal = now.found->admit(now.item)) {
            context.reject(refusal_reason::admission);
            return refusal;
        }
    }
    return refuse_body_by_head(now, context);
}

std::size_t body_limit(turn const& now) {
    auto const limit = now.found == nullptr ? 0 : now.found->body.limit;
    return limit == 0 ? unexpected_body_limit : limit;
}

response refuse_body(turn& now, session_context const& context, int status, std::string_view reason,
                     std::string_view detail) {
    context.reject(reason);
    if (now.found != nullptr && now.found->on_body_refused) now.found->on_body_refused(now.item, status);
    return context.routes.error(status, error_code_of(status), detail);
}

}  // namespace voicehook::http
