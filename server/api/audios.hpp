// POST /v1/audios/generations: the provider's own route, made durable.
#pragma once

#include "api/callers.hpp"
#include "core/voice_design.hpp"
#include "flows/submit.hpp"
#include "flows/task_watch.hpp"
#include "http/router.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"

#include <utility>
#include <vector>

namespace voicehook::api {

struct audios_settings {
    duration wait{10s};  ///< `submission.wait`
    std::size_t max_body{256 * 1024};
    core::voice_design::callback_rules callback_urls{};
};

/// One thread; the referenced parts must outlive it.
class audios {
public:
    audios(callers& accounts, flows::submit& submit, flows::task_watch& watch, ports::store& store,
           audios_settings settings)
        : callers_{accounts}, submit_{submit}, watch_{watch}, store_{store}, settings_{std::move(settings)} {}

    [[nodiscard]] std::vector<http::route> routes();

    /// From now on.
    void use_callback_rules(core::voice_design::callback_rules rules) { settings_.callback_urls = std::move(rules); }

private:
    [[nodiscard]] awaitable<http::response> create(http::request item);
    [[nodiscard]] awaitable<http::response> answer_when_decided(core::task item, flows::freshness state, duration wait);

    callers& callers_;
    flows::submit& submit_;
    flows::task_watch& watch_;
    ports::store& store_;
    audios_settings settings_;
};

}  // namespace voicehook::api
