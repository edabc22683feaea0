// POST /callbacks/v1/{token}: the public endpoint that the provider calls.
#pragma once

#include "async/nursery.hpp"
#include "base/trace_context.hpp"
#include "flows/intake.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"
#include "telemetry/metrics.hpp"
#include "wire/callback_token.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace voicehook::api {

/// The token is checked before the body is read and before the store is touched. One thread; what is referenced must
/// outlive it.
class callbacks {
public:
    callbacks(asio::any_io_executor executor, flows::intake& intake, telemetry::metrics& metrics, std::size_t max_body)
        : intake_{intake}, metrics_{metrics}, max_body_{max_body}, errands_{executor} {}

    /// Verifies with these secrets from now on.
    void use_tokens(std::shared_ptr<wire::callback_tokens const> tokens) { tokens_ = std::move(tokens); }

    [[nodiscard]] std::vector<http::route> routes();
    /// Waits for the queries that unusable callbacks made due.
    [[nodiscard]] awaitable<void> finish();

private:
    [[nodiscard]] std::optional<http::response> admit(http::request& item);
    [[nodiscard]] awaitable<http::response> receive(http::request item);
    /// Answers once a callback could have been stored, and proves that it was us.
    [[nodiscard]] awaitable<http::response> answer_canary(http::request item);
    [[nodiscard]] awaitable<void> ask_instead(task_id id, int status, trace_context trace);
    void body_refused(http::request const& item, int status);

    flows::intake& intake_;
    telemetry::metrics& metrics_;
    std::size_t max_body_;
    std::shared_ptr<wire::callback_tokens const> tokens_;
    async::nursery errands_;
};

}  // namespace voicehook::api
