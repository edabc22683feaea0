// What the tests of both webhook sinks share: a delivery, its signature, and how a sink is made.
#pragma once

#include "base/encoding.hpp"
#include "sinks/create.hpp"
#include "sinks/webhook_attempt.hpp"
#include "tests/unit/client/client_fixture.hpp"
#include "wire/digest.hpp"

#include <gmock/gmock.h>

namespace voicehook::testing {

using core::delivery_cause;
using hint = core::attempt_outcome::hint;
using ::testing::HasSubstr;
using ::testing::Not;

inline constexpr auto noon = instant{1'775'123'456'789ms};
inline constexpr auto timestamp = std::string_view{"1775123456"};
inline auto const key = secret{std::string(32, 'k')};
inline auto const attempt_trace =
    trace_context{trace_id{"0af7651916cd43dd8448eb211c80319c"}, span_id{"b7ad6b7169203331"}};

inline core::delivery a_delivery(std::string destination = "") {
    auto item = core::delivery{};
    item.id = delivery_id{"msg_019d4a6b"};
    item.caller = caller_name{"tts-web"};
    item.content_type = "application/json";
    item.body = R"({"type":"voice_design.completed",  "n":1e400})";
    if (!destination.empty()) item.destination = std::move(destination);
    return item;
}

/// What the specification says the signature is, computed without the code under test.
inline std::string expected_signature(std::string_view body) {
    auto const signed_text = "msg_019d4a6b." + std::string{timestamp} + "." + std::string{body};
    return "v1," + to_base64(wire::hmac_sha256(key.reveal(), signed_text));
}

class WebhookSink : public client_test {
protected:
    std::unique_ptr<ports::sink> http_sink(std::string url, secret signing_key = {}, duration timeout = 5s) {
        return http_sink({.url = std::move(url), .signing_keys = {std::move(signing_key)}, .timeout = timeout});
    }

    std::unique_ptr<ports::sink> http_sink(sinks::http_sink_settings settings) {
        settings.name = sink_name{"results"};
        settings.max_in_flight = 7;
        return sinks::create_http_sink(*http_, clock_, std::move(settings));
    }

    std::unique_ptr<ports::sink> callback_sink(client::address_guard guard = client::address_guard::allow_internal,
                                               std::vector<std::string> allowed = {}) {
        auto settings = sinks::callback_url_settings{};
        settings.allowed = core::host_list{std::move(allowed)};
        settings.key_of = [](caller_name const& caller) { return caller.value() == "tts-web" ? key : secret{}; };
        settings.guard = guard;
        return sinks::create_callback_url_sink(*http_, clock_, std::move(settings));
    }

    core::attempt_outcome deliver(ports::sink& sink, core::delivery const& item) {
        return run(sink.deliver(item, attempt_trace));
    }

    /// The service's own time lags behind, as after a suspend: receivers must not see it.
    fixed_clock clock_{noon - 7min, noon};
};

}  // namespace voicehook::testing
